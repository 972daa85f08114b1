import { expect, test } from '@jest/globals';
import { truncateSync } from 'node:fs';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { NODE_MAJOR, nodeAtLeast } from '../support/skip.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

// Node 20 copies an external ArrayBuffer where it should be moved; 22 refuses; from 24 on our ArrayBuffers are not
// external for Node, and moves.
const refusal = NODE_MAJOR === 22 ? 'DataCloneError\n' : '';

native.describe('close() of a mapping after its ArrayBuffer was', () => {
  const moved = nodeAtLeast(22, 'ArrayBuffer.prototype.transfer');
  moved.test.each(['transfer', 'transfer to another length'])('moved with %s() does not abort', async (how) => {
    expectDone(await runChild('transferred', [scratch.file(65536), how], { nodeArgs: ['--expose-gc'] }));
  });

  test.each(['structuredClone', 'postMessage'])('given to the transfer list of %s does not abort', async (how) => {
    const outcome = await runChild('transferred', [scratch.file(65536), how]);
    expect(outcome).toEqual({ code: 0, signal: null, stdout: `${refusal}done\n`, stderr: '' });
  });

  test('marked as untransferable does not abort', async () => {
    const outcome = await runChild('transferred', [scratch.file(65536), 'markAsUntransferable']);
    expectDone(outcome);
  });
});

native.describe('a function that takes the whole ArrayBuffer of a view:', () => {
  test('a message copies no more than 1 MiB for a small view, and does not touch the part that was truncated', async () => {
    const path = scratch.file(0);
    truncateSync(path, 2 ** 30);
    expectDone(await runChild('posted-view', [path]));
  });

  test.each(['enqueue', 'byob'])(
    'a byte stream (%s) empties the views beside it, not those elsewhere, and new ones are good',
    async (how) => {
      const path = scratch.file(0);
      truncateSync(path, 2 ** 24);
      expectDone(await runChild('byte-stream', [path, how]));
    },
  );
});
