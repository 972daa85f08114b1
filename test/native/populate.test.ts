import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from '@jest/globals';
import { mountable, type MountPoint, mountPoint, testOn } from '../support/mounts.js';
import { expectDone, runChild } from '../support/run-child.js';
import { TEST_SOURCES } from '../support/paths.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { skipFor } from '../support/skip.js';

const scratch = new Scratch();

const SOURCE = join(TEST_SOURCES, 'native', 'old_madvise.c');
const library = join(scratch.dir, 'old_madvise.so');

/** Why the library cannot be made here. */
function missing(): string | undefined {
  const { error, status, stderr } = spawnSync(
    process.env['CC'] ?? 'cc',
    ['-Wall', '-Werror', '-shared', '-fPIC', '-o', library, SOURCE],
    { encoding: 'utf8' },
  );
  return error !== undefined || status !== 0
    ? `no C compiler: apt-get install gcc libc6-dev (${error?.message ?? stderr})`
    : undefined;
}

const ways = ['present', 'writable', 'end', 'closed'];
const path = join(scratch.dir, 'populate');
const small = mountPoint('tmpfs', 64 * 1024);

native.describe('pages that cannot be had are an error and no signal', () => {
  test.each(ways)('%s', async (way) => {
    expectDone(await runChild('populate', [way, path]));
  });

  testOn(small, 'full', async (dir) => {
    expectDone(await runChild('populate', ['full', join(dir, 'full')]));
  });

  const compiled = skipFor(missing());
  const env = { LD_PRELOAD: library };

  compiled.test.each(ways)('%s, on a kernel before 5.14', async (way) => {
    expectDone(await runChild('populate', [way, path], { env }));
  });

  compiled.and(mountable(small)).test('full, on a kernel before 5.14', async () => {
    const { dir } = small as MountPoint;
    expectDone(await runChild('populate', ['full', join(dir, 'full')], { env }));
  });
});
