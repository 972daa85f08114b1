import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeNative, file, PAGE, watermark } from './fixtures.js';
import { expectDone, runChild } from './run-child.js';

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

describeNative(`70,000 live mappings of one file (skipped when vm.max_map_count > ${LIMIT}: sysctl vm.max_map_count=65530)`, () => {
  atTheLimit.each(['no views', 'views'])('end in ENOMEM naming vm.max_map_count, and the process goes on: %s', async (views) => {
    // Position 1 must not look like a zeroed page.
    const content = watermark(PAGE, 1);
    expect(content[1]).toBe(2);
    expectDone(await runChild('too-many', [file(content), views], { nodeArgs }));
  });
});
