import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from '@jest/globals';
import { describeNative, scratch } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

describe.each(['native', 'emulated'])('create: true through symbolic links, %s', (backend) => {
  const suite = backend === 'native' ? describeNative : describe;
  suite('that lead to nothing yet', () => {
    test('the file is made where they lead; without end they are ELOOP', async () => {
      expectDone(await runChild('dangling-link', [mkdtempSync(join(scratch, 'links-')), backend], { limit: 30_000 }));
    });
  });
});
