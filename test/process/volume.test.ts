import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { copyPackage } from '../support/package-copy.js';
import { PAGE } from '../support/sizes.js';
import { native } from '../support/backends.js';
import { watermark } from '../support/watermark.js';
import { Scratch } from '../support/scratch.js';
import { root, skipUnless } from '../support/skip.js';

const scratch = new Scratch();

function maxMapCount(): number {
  try {
    return Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'));
  } catch {
    return Infinity;
  }
}

const nodeArgs = ['--expose-gc'];

native.describe('many mappings, one after the other', () => {
  test('20,000 open/view/close cycles leave no mapping and no descriptor behind', async () => {
    expectDone(await runChild('cycles', [scratch.file(PAGE), '20000', '500'], { nodeArgs }));
  });

  test('100,000 without a turn of the loop do not either', async () => {
    expectDone(await runChild('cycles', [scratch.file(PAGE), '100000', '1000000'], { nodeArgs }));
  });
});

const LIMIT = 100_000;
const atTheLimit = skipUnless(
  maxMapCount() <= LIMIT,
  `vm.max_map_count is more than ${LIMIT}`,
  'sysctl vm.max_map_count=65530',
);

native.describe('70,000 live mappings of one file', () => {
  atTheLimit.test.each(['no views', 'views'])(
    'end in ENOMEM naming vm.max_map_count, and the process goes on: %s',
    async (views) => {
      // Position 1 must not look like a zeroed page.
      const content = watermark(PAGE, PAGE);
      expect(content[1]).not.toBe(0);
      expectDone(await runChild('too-many', [scratch.file(content), views], { nodeArgs }));
    },
  );
});

const canLock = atTheLimit.and(root('mlock(2) beyond RLIMIT_MEMLOCK'));

native.describe('near vm.max_map_count each call that may add areas is ENOMEM and the process lives on', () => {
  const path = join(scratch.dir, 'areas');

  atTheLimit.test.each(['reserve', 'shrink', 'memory', 'random', 'hugepage', 'dontdump', 'dontfork', 'neighbours'])(
    '%s',
    async (way) => {
      expectDone(await runChild('few-areas', [way, path], { nodeArgs }));
    },
  );

  canLock.test.each(['lock', 'unlock'])('%s', async (way) => {
    expectDone(await runChild('few-areas', [way, path], { nodeArgs }));
  });

  atTheLimit.test('map, when others have taken most of them', async () => {
    const addon = join(copyPackage(scratch, 'build'), 'build', 'Release', 'mapdirect.node');
    expectDone(await runChild('few-areas', ['others', path, addon], { nodeArgs }));
  });
});
