import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { native } from '../support/backends.js';
import { inPrivate, missingOverlay } from '../support/private-mounts.js';
import { expectDone } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { MIB } from '../support/sizes.js';
import { skipFor } from '../support/skip.js';
import { runFault } from './run-fault.js';

const scratch = new Scratch();
const dir = mkdtempSync(join(tmpdir(), 'mapdirect-overlay-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const needs = native.and(skipFor(missingOverlay(dir)?.skip));

const SIZE = 8 * MIB;

/** Runs a program on an overlay of its own, in `dir`/m. `lower` is the lower layer, and the upper one has 8 MiB. */
function onOverlay(lower: string): readonly string[] {
  const script = [
    `mount -t tmpfs -o size=${SIZE} tmpfs "$0"`,
    'mkdir "$0/u" "$0/w" "$0/m"',
    'mount -t overlay overlay -o "lowerdir=$1,upperdir=$0/u,workdir=$0/w" "$0/m"',
    'shift',
    'exec "$@"',
  ];
  return [...inPrivate, 'sh', '-c', script.join(' && '), dir, lower];
}

needs.describe('an overlay whose upper layer is full', () => {
  needs.test('a store into a hole of a file of the upper layer is a fault like any other', async () => {
    const through = onOverlay(scratch.dir);
    expectDone(await runFault('no-space', [join(dir, 'm'), String(SIZE), 'overlay'], { through }));
  });

  // The copy is made when the file is opened for writing, so no store meets its end.
  needs.test('a file of the lower layer cannot be mapped for writing: ENOSPC, and no fault', async () => {
    const file = scratch.file(2 * SIZE, 'lower');
    const through = onOverlay(scratch.dir);
    expectDone(await runFault('copy-up', [join(dir, 'm', file.slice(scratch.dir.length + 1))], { through }));
  });
});
