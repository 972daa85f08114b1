import { test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('waiting calls of a process of their own', () => {
  test.each([
    ['threads', '1,000 calls of waitAsync() take at most 8 threads, which end with them'],
    ['alive', 'a waiting call keeps the process alive'],
    ['dropped', 'a waiting call keeps its mapping alive'],
    ['terminate', 'a worker that ends while it waits leaves nothing behind'],
    ['exit', 'process.exit() with waiting calls'],
  ])('%s: %s', async (mode) => {
    const file = scratch.file(Buffer.alloc(65536));
    expectDone(await runChild('waiting', [file, mode], { nodeArgs: ['--expose-gc'], limit: 60_000 }));
  });

  test('without futex_waitv(2) 32 calls can wait, each in a thread of its own', async () => {
    const file = scratch.file(Buffer.alloc(65536));
    const env = { MAPDIRECT_NO_FUTEX_WAITV: '1' };
    expectDone(await runChild('waiting', [file, 'old'], { nodeArgs: ['--expose-gc'], limit: 60_000, env }));
  });

  test.each([
    'a word that was truncated away',
    'a word that was truncated away, without a listener',
    'a break that this thread asks for',
    'a break by another process',
    'a break by another process, while wait() blocks',
  ])('%s: each waiting call ends with ERR_MAPPING_FAULT', async (name) => {
    expectDone(await runChild('waiting-lost', [scratch.file(Buffer.alloc(16384)), name], { limit: 60_000 }));
  });
});
