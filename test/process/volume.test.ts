import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { copyPackage, describeNative, file, PAGE, scratch, watermark } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

function maxMapCount(): number {
  try {
    return Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'));
  } catch {
    return Infinity;
  }
}

const nodeArgs = ['--expose-gc'];

describeNative('many mappings, one after the other', () => {
  test('20,000 open/view/close cycles leave no mapping and no descriptor behind', async () => {
    expectDone(await runChild('cycles', [file(PAGE), '20000', '500'], { nodeArgs }));
  });

  test('100,000 without a turn of the loop do not either', async () => {
    expectDone(await runChild('cycles', [file(PAGE), '100000', '1000000'], { nodeArgs }));
  });
});

const LIMIT = 100_000;
const atTheLimit = maxMapCount() <= LIMIT ? test : test.skip;

describeNative(
  `70,000 live mappings of one file (skipped when vm.max_map_count > ${LIMIT}: sysctl vm.max_map_count=65530)`,
  () => {
    atTheLimit.each(['no views', 'views'])(
      'end in ENOMEM naming vm.max_map_count, and the process goes on: %s',
      async (views) => {
        // Position 1 must not look like a zeroed page.
        const content = watermark(PAGE, 1);
        expect(content[1]).toBe(2);
        expectDone(await runChild('too-many', [file(content), views], { nodeArgs }));
      },
    );
  },
);

const canLock = process.getuid?.() === 0 ? atTheLimit : test.skip;

describeNative(
  `near vm.max_map_count each call that may add areas is ENOMEM and the process lives on (skipped when vm.max_map_count > ${LIMIT}: sysctl vm.max_map_count=65530)`,
  () => {
    const path = join(scratch, 'areas');

    atTheLimit.each(['reserve', 'shrink', 'memory', 'random', 'hugepage', 'dontdump', 'dontfork', 'neighbours'])(
      '%s',
      async (way) => {
        expectDone(await runChild('few-areas', [way, path], { nodeArgs }));
      },
    );

    canLock.each(['lock', 'unlock'])('%s [as root only, for RLIMIT_MEMLOCK: run the tests as root]', async (way) => {
      expectDone(await runChild('few-areas', [way, path], { nodeArgs }));
    });

    atTheLimit('map, when others have taken most of them', async () => {
      const addon = join(copyPackage('build'), 'build', 'Release', 'mapdirect.node');
      expectDone(await runChild('few-areas', ['others', path, addon], { nodeArgs }));
    });
  },
);
