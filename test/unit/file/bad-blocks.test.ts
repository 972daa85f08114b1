import { describe, expect, test } from '@jest/globals';
import {
  FIEMAP_EXTENT_DELALLOC,
  FIEMAP_EXTENT_UNKNOWN,
  FIEMAP_EXTENT_UNWRITTEN,
} from '../../../lib/storage/extent-flags.js';
import { badBlocksOf, badBytes, placedRuns } from '../../../lib/file/bad-blocks.js';
import { expectSystemError, thrown } from '../../support/errors.js';

const K = 1024;

describe('the places of a file', () => {
  test('an unwritten block has a place; data without a block has none yet', () => {
    const raw = Float64Array.of(
      ...[0, 100 * K, 4 * K, 0],
      ...[4 * K, 0, 4 * K, FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_UNKNOWN],
      ...[12 * K, 40 * K, 8 * K, FIEMAP_EXTENT_UNWRITTEN],
    );
    expect(placedRuns(raw)).toEqual([
      { offset: 0, physical: 100 * K, length: 4 * K },
      { offset: 12 * K, physical: 40 * K, length: 8 * K },
    ]);
  });

  test('a file system that keeps a place to itself', () => {
    expect(placedRuns(Float64Array.of(0, 0, 4 * K, FIEMAP_EXTENT_UNKNOWN))).toBeUndefined();
  });
});

describe('the bad bytes of a range', () => {
  // The file: 16 KiB at 1000 KiB of the device, a hole of 8 KiB, 16 KiB at 200 KiB.
  const runs = [
    { offset: 0, physical: 1000 * K, length: 16 * K },
    { offset: 24 * K, physical: 200 * K, length: 16 * K },
  ];
  const whole = { offset: 0, length: 40 * K };
  const bad = (range: { offset: number; length: number }, ...blocks: readonly (readonly [number, number])[]): unknown =>
    badBytes(runs, { blocks: blocks.map(([offset, length]) => ({ offset, length })), end: Infinity }, range);

  test('a block of the device is at another place in the file', () => {
    expect(bad(whole, [1001 * K, 512])).toEqual([{ offset: K, length: 512 }]);
    expect(bad(whole, [203 * K, 512])).toEqual([{ offset: 27 * K, length: 512 }]);
  });

  test('they are in the order of the file, not of the device', () => {
    expect(bad(whole, [200 * K, 512], [1015 * K, K])).toEqual([
      { offset: 15 * K, length: K },
      { offset: 24 * K, length: 512 },
    ]);
  });

  test('a block that is partly of the file is cut at the end of the extent', () => {
    expect(bad(whole, [990 * K, 11 * K])).toEqual([{ offset: 0, length: K }]);
    expect(bad(whole, [1015 * K, 10 * K])).toEqual([{ offset: 15 * K, length: K }]);
  });

  test('blocks of other files, and the edges of an extent', () => {
    expect(bad(whole, [0, 200 * K], [216 * K, 784 * K], [1016 * K, 8 * K])).toEqual([]);
  });

  test('offsets count from the start of the range, and the ends of the range cut', () => {
    expect(bad({ offset: 4 * K, length: 8 * K }, [1000 * K, 6 * K])).toEqual([{ offset: 0, length: 2 * K }]);
    expect(bad({ offset: 4 * K, length: 8 * K }, [1011 * K, 5 * K])).toEqual([{ offset: 7 * K, length: K }]);
    expect(bad({ offset: 4 * K, length: 8 * K }, [1000 * K, 4 * K], [1012 * K, K])).toEqual([]);
  });

  test('neighbours are joined, also over two extents', () => {
    const next = [
      { offset: 0, physical: 100 * K, length: 4 * K },
      { offset: 4 * K, physical: 8 * K, length: 4 * K },
    ];
    const blocks = [
      { offset: 8 * K, length: 512 },
      { offset: 103 * K, length: 512 },
      { offset: 103 * K + 512, length: 512 },
    ];
    expect(badBytes(next, { blocks, end: Infinity }, { offset: 0, length: 8 * K })).toEqual([
      { offset: 3 * K, length: K + 512 },
    ]);
  });

  test('past the end of a list that is cut nothing is known; before it all is', () => {
    const blocks = [{ offset: 201 * K, length: 512 }];
    expect(badBytes(runs, { blocks, end: 1015 * K }, whole)).toBeUndefined();
    expect(badBytes(runs, { blocks, end: 1016 * K }, whole)).toEqual([{ offset: 25 * K, length: 512 }]);
    expect(badBytes(runs, { blocks, end: 300 * K }, { offset: 16 * K, length: 24 * K })).toEqual([
      { offset: 9 * K, length: 512 },
    ]);
  });
});

test('memory without a file: it cannot be known', () => {
  const error = thrown(() => badBlocksOf(undefined, { offset: 0, length: K }, undefined));
  expectSystemError(error, 'EOPNOTSUPP', 'badBlocks', undefined);
  expect((error as Error).message).toContain('no file');
});
