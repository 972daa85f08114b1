import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { PAGE } from '../support/sizes.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('one file in two processes', () => {
  test('each sees the stores of the other, and Atomics.add of both, through two mappings each, sum exactly', async () => {
    const rounds = 200_000;
    const path = scratch.file(Buffer.alloc(PAGE));
    const both = await Promise.all([0, 1].map((me) => runChild('count', [path, String(me), String(rounds)])));
    both.forEach(expectDone);
    expect(readFileSync(path).readInt32LE(0)).toBe(2 * rounds * 3);
  });
});

native.describe('share() and attach()', () => {
  test('in a worker thread, of a file and of anonymous memory; after the owner has closed: ERR_MAPPING_CLOSED', async () => {
    expectDone(await runChild('share-with-worker', [scratch.file(PAGE)], { nodeArgs: ['--expose-gc'] }));
  });

  test('the fields of a handle that change while they are read: the checked values are mapped', async () => {
    expectDone(await runChild('changing-handle', [scratch.file(PAGE)]));
  });

  test('in a child with the inherited descriptor, of a file and of anonymous memory; the wrong one: ESTALE', async () => {
    expectDone(await runChild('share-with-child', [scratch.file(65536)]));
  });

  test('200 workers share, attach, store, persist and close, 20 at a time', async () => {
    const seed = String(Date.now() % 2 ** 31);
    const args = [scratch.dir, '200', '20', '10', seed];
    const outcome = await runChild('sharing-storm', args, { nodeArgs: ['--expose-gc'] });
    expect({ seed, ...outcome }).toEqual({ seed, code: 0, signal: null, stdout: 'done\n', stderr: '' });
  });
});
