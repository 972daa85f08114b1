import { expect, test } from '@jest/globals';
import { truncateSync } from 'node:fs';
import { describeNative, file, NODE_MAJOR } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

// Node 20 copies an external ArrayBuffer where it should be moved; 22 refuses; from 24 on what we hand out is no external one for Node,
// and moves.
const refusal = NODE_MAJOR === 22 ? 'DataCloneError\n' : '';

describeNative('close() of a mapping whose ArrayBuffer somebody', () => {
  const moved = NODE_MAJOR < 22 ? test.skip : test; // ArrayBuffer.prototype.transfer: Node >= 22
  moved.each(['transfer', 'transfer to another length'])(
    'moved with %s() does not abort [which Node has from 22 on]',
    async (how) => {
      expectDone(await runChild('transferred', [file(65536), how], { nodeArgs: ['--expose-gc'] }));
    },
  );

  test.each(['structuredClone', 'postMessage'])('gave to the transfer list of %s does not abort', async (how) => {
    const outcome = await runChild('transferred', [file(65536), how]);
    expect(outcome).toEqual({ code: 0, signal: null, stdout: `${refusal}done\n`, stderr: '' });
  });

  test('marked as untransferable does not abort', async () => {
    const outcome = await runChild('transferred', [file(65536), 'markAsUntransferable']);
    expectDone(outcome);
  });
});

describeNative('what takes the whole ArrayBuffer of a view:', () => {
  test('a message copies no more than 1 MiB for a small view, and does not touch what was truncated elsewhere', async () => {
    const path = file(0);
    truncateSync(path, 2 ** 30);
    expectDone(await runChild('posted-view', [path]));
  });

  test.each(['enqueue', 'byob'])(
    'a byte stream (%s) empties the views beside it, not those elsewhere, and new ones are good',
    async (how) => {
      const path = file(0);
      truncateSync(path, 2 ** 24);
      expectDone(await runChild('byte-stream', [path, how]));
    },
  );
});
