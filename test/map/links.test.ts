import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { backendNames, needsOf } from '../support/backends.js';

const scratch = new Scratch();

describe.each(backendNames)('create: true through symbolic links, %s', (backend) => {
  needsOf(backend).describe('that lead to nothing yet', () => {
    test('the file is made where they lead; without end they are ELOOP', async () => {
      expectDone(
        await runChild('dangling-link', [mkdtempSync(join(scratch.dir, 'links-')), backend], { limit: 30_000 }),
      );
    });
  });
});
