import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { describeNative, file } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

describeNative('close() with asynchronous flushes', () => {
  test('those that run resolve, those that wait reject with ERR_MAPPING_CLOSED', async () => {
    expectDone(await runChild('queued-flushes', [file(2 ** 22)], { nodeArgs: ['--expose-gc'] }));
  });
});

const limited = spawnSync('prlimit', ['--version']).status === 0;

describeNative('asynchronous calls', () => {
  (limited ? test : test.skip)(
    'when no thread can be started they are EAGAIN, and the next ones are done [needs prlimit: install util-linux]',
    async () => {
      expectDone(
        await runChild('no-thread', [file(2 ** 20)], { env: { MAPDIRECT_FORCE_GRANULARITY: 'page' }, limit: 30_000 }),
      );
    },
  );

  test("do not wait for libuv's pool: theirs are threads of the addon's own", async () => {
    const outcome = await runChild('own-threads', [file(2 ** 20)], { env: { UV_THREADPOOL_SIZE: '1' } });
    expect(outcome).toMatchObject({ signal: 'SIGKILL', stdout: 'done\n', stderr: '' });
  });
});
