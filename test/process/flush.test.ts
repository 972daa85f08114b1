import { test } from '@jest/globals';
import { describeNative, file } from './fixtures.js';
import { expectDone, runChild } from './run-child.js';

describeNative('close() with asynchronous flushes', () => {
  test('those that run resolve, those that wait reject with ERR_MAPPING_CLOSED', async () => {
    expectDone(await runChild('queued-flushes', [file(2 ** 22)], { nodeArgs: ['--expose-gc'] }));
  });
});
