import { expect, test } from '@jest/globals';
import { describeNative, file } from './fixtures.js';
import { expectDone, runChild } from './run-child.js';

describeNative('close() with asynchronous flushes', () => {
  test('those that run resolve, those that wait reject with ERR_MAPPING_CLOSED', async () => {
    expectDone(await runChild('queued-flushes', [file(2 ** 22)], { nodeArgs: ['--expose-gc'] }));
  });
});

describeNative('asynchronous calls', () => {
  test("do not wait for libuv's pool: theirs are threads of the addon's own", async () => {
    const outcome = await runChild('own-threads', [file(2 ** 20)], { env: { UV_THREADPOOL_SIZE: '1' } });
    expect(outcome).toMatchObject({ signal: 'SIGKILL', stdout: 'done\n', stderr: '' });
  });
});
