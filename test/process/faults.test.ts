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

  test.each(['read', 'store'])('past that a %s is healed', async (touch) => {
    expectDone(await runChild('truncated', [scratch.file(16 * PAGE), touch]));
  });

  test.each(['read', 'store'])('without the fault guard a %s past that ends the process with SIGBUS', async (touch) => {
    const env = { MAPDIRECT_NO_FAULT_GUARD: '1' };
    expect(await runChild('truncated', [scratch.file(16 * PAGE), touch], { env })).toEqual({
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
