import { test } from '@jest/globals';
import { native } from '../support/backends.js';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('map() does not wait', () => {
  test('for the other end of a FIFO, nor for the holder of a lease', async () => {
    expectDone(await runChild('hostile-file', [scratch.file(65536)], { limit: 45_000 }));
  });
});
