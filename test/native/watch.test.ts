import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '@jest/globals';
import { mountPoint, testOn } from '../support/mounts.js';
import { expectDone, runChild, type ChildResult } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

const SIZE = 16384;

function run(scenario: string, path = scratch.file(SIZE)): Promise<ChildResult> {
  return runChild('watch', [path, scenario]);
}

native.describe('a watch tells of', () => {
  test("a stranger's open and close, write, punch, truncate, chmod and rename", async () =>
    expectDone(await run('actions')));

  testOn(mountPoint('xfs', 2 ** 29), "a stranger's clone of the file, as a descriptor closed", async (dir) => {
    const path = join(dir, 'source');
    writeFileSync(path, Buffer.alloc(SIZE, 7));
    expectDone(await run('clone', path));
  });

  test('no store into a mapping, nor its msync', async () => expectDone(await run('stores')));

  test('nothing when it is set, not even a leased file, and of no probe that failed', async () =>
    expectDone(await run('leased')));

  test('the end of the file, and that nothing more will come', async () => expectDone(await run('deleted')));
});

native.describe('watches', () => {
  test('of one file, from two threads: each gets its events, until it is removed', async () =>
    expectDone(await run('counted')));

  test('removed while a hint is under way: the hint does not come', async () => expectDone(await run('underWay')));

  test('20,000 writes do not flood the loop: those while JavaScript is busy are one hint', async () =>
    expectDone(await run('flood')));

  test('when the queue overflows, each watch gets an event, also for a file without a change', async () => {
    expectDone(await run('overflow'));
  });
});
