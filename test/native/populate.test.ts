import { join } from 'node:path';
import { test } from '@jest/globals';
import { compile } from '../support/compile.js';
import { mountable, type MountPoint, mountPoint, testOn } from '../support/mounts.js';
import { expectDone, runChild } from '../support/run-child.js';
import { TEST_SOURCES } from '../support/paths.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { skipFor } from '../support/skip.js';

const scratch = new Scratch();

const SOURCE = join(TEST_SOURCES, 'native', 'old_madvise.c');
const library = join(scratch.dir, 'old_madvise.so');

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

  const flags = ['-Wall', '-Werror', '-shared', '-fPIC'];
  const compiled = skipFor(native.missing ?? compile('c', [...flags, '-o', library, SOURCE]));
  const env = { LD_PRELOAD: library };

  compiled.test.each(ways)('%s, on a kernel before 5.14', async (way) => {
    expectDone(await runChild('populate', [way, path], { env }));
  });

  compiled.and(mountable(small)).test('full, on a kernel before 5.14', async () => {
    const { dir } = small as MountPoint;
    expectDone(await runChild('populate', ['full', join(dir, 'full')], { env }));
  });
});
