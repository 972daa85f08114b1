import { test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('a worker thread that ends with live mappings, a pin and running flushes leaves nothing behind', () => {
  test.each(['exit', 'throw', 'terminate', 'terminate-busy'])('%s', async (how) => {
    expectDone(await runChild('worker-end', [scratch.file(2 ** 20), how], { nodeArgs: ['--expose-gc'] }));
  });

  test('200 workers that load, map and end, a quarter of them terminated', async () => {
    expectDone(await runChild('many-workers', [scratch.file(65536)]));
  });
});
