import { expect, test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { prlimit } from '../support/skip.js';

const scratch = new Scratch();

native.describe('close() with asynchronous flushes', () => {
  test('those that run resolve, those that wait reject with ERR_MAPPING_CLOSED', async () => {
    expectDone(await runChild('queued-flushes', [scratch.file(2 ** 22)], { nodeArgs: ['--expose-gc'] }));
  });
});

native.describe('asynchronous calls', () => {
  prlimit.test('when no thread can be started they are EAGAIN, and the next ones are done', async () => {
    expectDone(
      await runChild('no-thread', [scratch.file(2 ** 20)], {
        env: { MAPDIRECT_FORCE_GRANULARITY: 'page' },
        limit: 30_000,
      }),
    );
  });

  test("do not wait for libuv's pool: theirs are threads of the addon's own", async () => {
    const outcome = await runChild('own-threads', [scratch.file(2 ** 20)], { env: { UV_THREADPOOL_SIZE: '1' } });
    expect(outcome).toMatchObject({ signal: 'SIGKILL', stdout: 'done\n', stderr: '' });
  });
});
