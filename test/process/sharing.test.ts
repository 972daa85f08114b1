import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeNative, file, PAGE } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

describeNative('one file in two processes', () => {
  test('each sees the stores of the other, and Atomics.add of both, through two mappings each, sum exactly', async () => {
    const rounds = 200_000;
    const path = file(Buffer.alloc(PAGE));
    const both = await Promise.all([0, 1].map((me) => runChild('count', [path, String(me), String(rounds)])));
    both.forEach(expectDone);
    expect(readFileSync(path).readInt32LE(0)).toBe(2 * rounds * 3);
  });
});

describeNative('share() and attach()', () => {
  test('in a worker thread, of a file and of anonymous memory; after the owner has closed: ERR_MAPPING_CLOSED', async () => {
    expectDone(await runChild('share-with-worker', [file(PAGE)], { nodeArgs: ['--expose-gc'] }));
  });

  test('with a handle whose fields change while it is read: what was checked is mapped', async () => {
    expectDone(await runChild('changing-handle', [file(PAGE)]));
  });

  test('in a child with the inherited descriptor, of a file and of anonymous memory; the wrong one: ESTALE', async () => {
    expectDone(await runChild('share-with-child', [file(65536)]));
  });
});
