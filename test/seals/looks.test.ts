import { expect } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { extents, seals } from '../../lib/index.js';
import { expectSystemError, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { native } from '../support/backends.js';
import { linux } from '../support/skip.js';

const scratch = new Scratch();
const onLinux = native.and(linux);

/** None of the calls that look at a path opens it. */
async function expectNotOpened(path: string): Promise<void> {
  expect(seals.isSealed(path)).toBe(false);
  expectSystemError(
    thrown(() => extents(path)),
    'ENODEV',
    'open',
    path,
  );
  await seals.requestBreak(path);
}

onLinux.test('a writer that waits at a FIFO for its reader does not take a look for one', async () => {
  const path = scratch.path('fifo');
  execFileSync('mkfifo', [path]);
  const writer = spawn('sh', ['-c', `trap '' PIPE; echo precious > '${path}'`], { stdio: 'ignore' });
  const ended = once(writer, 'exit');
  await pause(300); // until it waits in open(2)
  await expectNotOpened(path);
  expect(execFileSync('timeout', ['5', 'cat', path], { encoding: 'utf8' })).toBe('precious\n');
  expect(await ended).toEqual([0, null]);
});

onLinux.test.each(['/dev/null', '/dev/zero'])('%s is not opened to look at it', async (path) => {
  await expectNotOpened(path);
});
