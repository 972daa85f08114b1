import { describe, test } from '@jest/globals';
import { native } from '../support/backends.js';
import { ways } from '../process/children/faults/ways.js';
import { expectDone } from '../support/run-child.js';
import { runFault } from './run-fault.js';
import { Scratch } from '../support/scratch.js';
import { PAGE } from '../support/sizes.js';

const scratch = new Scratch();

native.describe('a file that another process truncates under a mapping', () => {
  describe.each(Object.keys(ways))('is survived under %s', (way) => {
    test('the loss is reported, the other pages work, and remap() brings the lost ones back', async () => {
      expectDone(await runFault('truncated-access', [scratch.file(16 * PAGE), way]));
    });
  });
});
