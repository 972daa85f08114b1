import { chmodSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { PAGE } from '../support/sizes.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('a file that is truncated under a mapping', () => {
  test('can be read up to its new end', async () => {
    expectDone(await runChild('truncated', [scratch.file(16 * PAGE), 'nothing']));
  });

  // For now: a version with a fault guard will heal this, and this test will say so.
  test.each(['read', 'store'])('past that a %s ends the process with SIGBUS', async (touch) => {
    expect(await runChild('truncated', [scratch.file(16 * PAGE), touch])).toEqual({
      code: null,
      signal: 'SIGBUS',
      stdout: 'done\n',
      stderr: '',
    });
  });
});

native.describe("access: 'read'", () => {
  test('needs no writable file, and keeps stray stores to itself', async () => {
    const path = scratch.file(4 * PAGE);
    chmodSync(scratch.dir, 0o755);
    chmodSync(path, 0o444);
    expectDone(await runChild('read-only', [path]));
  });
});

native.describe('a mapping with PROT_NONE', () => {
  test.each(['byte', 'cache-line', 'page'])(
    "can be persisted on granularity '%s', which touches nothing",
    async (granularity) => {
      expectDone(
        await runChild('untouchable', [scratch.file(2 ** 18)], { env: { MAPDIRECT_FORCE_GRANULARITY: granularity } }),
      );
    },
  );
});
