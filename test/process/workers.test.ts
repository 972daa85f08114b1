import { test } from '@jest/globals';
import { describeNative, file } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

describeNative('a worker thread that ends with live mappings, a pin and running flushes leaves nothing behind', () => {
  test.each(['exit', 'throw', 'terminate', 'terminate-busy'])('%s', async (how) => {
    expectDone(await runChild('worker-end', [file(2 ** 20), how], { nodeArgs: ['--expose-gc'] }));
  });

  test('200 workers that load, map and end, a quarter of them terminated', async () => {
    expectDone(await runChild('many-workers', [file(65536)]));
  });
});
