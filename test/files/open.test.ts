// The errors of open(2) that win over a seal, though the seal is asked before anything is opened.
import { expect, test } from '@jest/globals';
import fs from 'node:fs';
import { files } from '../../lib/files.js';
import { native } from '../support/backends.js';
import { thrown } from '../support/errors.js';
import { whileSealed, type ActorName } from '../support/actors.js';
import { Scratch } from '../support/scratch.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_TRUNC, O_WRONLY } = fs.constants;

const scratch = new Scratch();

native.describe.each<ActorName>(['the same thread', 'another process'])(
  'open with O_TRUNC of a file that %s has sealed',
  (sealer) => {
    test.each([
      ['ETXTBSY', O_TRUNC | O_WRONLY],
      ['ETXTBSY', O_TRUNC | O_WRONLY | O_CREAT],
      ['EEXIST', O_TRUNC | O_WRONLY | O_CREAT | O_EXCL],
      ['ENOTDIR', O_TRUNC | O_WRONLY | O_DIRECTORY],
    ])('is %s with the flags %i', async (code, flags) => {
      const path = scratch.file(100);
      await whileSealed(sealer, path, () =>
        expect(thrown(() => files.open(path, flags))).toMatchObject({ code, syscall: 'open', path }),
      );
      expect(fs.statSync(path).size).toBe(100);
    });

    test('is ELOOP with O_NOFOLLOW through a link', async () => {
      const path = scratch.file(100);
      const link = scratch.path();
      fs.symlinkSync(path, link);
      await whileSealed(sealer, path, () =>
        expect(thrown(() => files.open(link, O_TRUNC | O_WRONLY | O_NOFOLLOW))).toMatchObject({
          code: 'ELOOP',
          syscall: 'open',
          path: link,
        }),
      );
      expect(fs.statSync(path).size).toBe(100);
    });
  },
);
