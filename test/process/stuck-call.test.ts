import { test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('a background call that is stuck', () => {
  test('does not keep the seals and the descriptors of a worker that was terminated', async () => {
    expectDone(await runChild('stuck-call', [scratch.file(65536), scratch.file(65536)]));
  });
});
