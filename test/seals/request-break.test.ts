import { expect, test } from '@jest/globals';
import { selectBackend } from '../../lib/backend/select.js';
import { requestBreak } from '../../lib/seals/request-break.js';
import { whileSealed } from '../support/actors.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('seals.requestBreak()', () => {
  // An open that does not wait makes the holder take its lease anew. The open that waits could come in between, and the
  // holder would have no notice.
  test.each(['a worker thread', 'another process'] as const)(
    'its first open of the file of %s is the one that waits',
    async (holder) => {
      const path = scratch.file(4096);
      const backend = selectBackend('auto');
      const opens: string[] = [];
      const files = new Proxy(backend.files, {
        get: (target, name, receiver): unknown => {
          if (String(name).startsWith('open')) opens.push(String(name));
          return Reflect.get(target, name, receiver);
        },
      });
      const terms = { enforcement: 'lease', policy: 'breakable', deadline: 20 } as const;
      await whileSealed(holder, path, () => requestBreak({ ...backend, files }, path), terms);
      expect(opens[0]).toBe('openAndWait');
      expect(opens.filter((name) => name === 'openAndWait')).toHaveLength(1);
    },
  );
});
