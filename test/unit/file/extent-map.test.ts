import { expect, test } from '@jest/globals';
import { FIEMAP_EXTENT_SHARED, FIEMAP_EXTENT_UNWRITTEN } from '../../../lib/storage/extent-flags.js';
import { ExtentMap, unmovedOrStored } from '../../../lib/file/extent-map.js';

const LAST = 1; // FIEMAP_EXTENT_LAST, which says nothing about the blocks
const MERGED = 0x1000;

function map(
  size: number,
  ...runs: ReadonlyArray<readonly [offset: number, physical: number, length: number, bits?: number]>
): ExtentMap {
  return ExtentMap.of(
    Float64Array.from(runs.flatMap(([offset, physical, length, bits = 0]) => [offset, physical, length, bits])),
    size,
    'blocks',
  );
}

test('gaps in the answer of FIEMAP become holes, and extents that follow each other on the disk are joined', () => {
  const found = map(40, [4, 100, 4], [8, 104, 4, LAST | MERGED], [20, 200, 8]).extents();
  expect(found).toEqual([
    { offset: 0, length: 4, flags: ['hole'] },
    { offset: 4, length: 8, flags: [] },
    { offset: 12, length: 8, flags: ['hole'] },
    { offset: 20, length: 8, flags: [] },
    { offset: 28, length: 12, flags: ['hole'] },
  ]);
});

test('runs that do not follow each other on the disk stay apart', () => {
  expect(map(8, [0, 100, 4], [4, 50, 4]).extents()).toHaveLength(2);
});

test('blocks past the size are not the file', () => {
  expect(map(6, [0, 100, 4096], [4096, 8000, 4096]).extents()).toEqual([{ offset: 0, length: 6, flags: [] }]);
  expect(map(0, [0, 100, 4096]).extents()).toEqual([]);
});

test('unsound: extents in a range that are not written, or not of this file alone', () => {
  const found = map(16, [0, 100, 4], [4, 104, 4, FIEMAP_EXTENT_UNWRITTEN], [8, 300, 4, FIEMAP_EXTENT_SHARED]);
  expect(found.unsound().map(({ offset }) => offset)).toEqual([4, 8, 12]);
  expect(found.unsound(0, 4)).toEqual([]);
  expect(found.unsound(7, 9).map(({ offset }) => offset)).toEqual([4, 8]);
});

test('an unchanged file has moved nowhere, however FIEMAP cuts it', () => {
  const before = map(12, [0, 100, 12]);
  expect(before.movedIn(map(12, [0, 100, 4], [4, 104, 8]))).toEqual([]);
});

test.each([
  ['a block elsewhere', map(12, [0, 100, 4], [4, 900, 4], [8, 108, 4]), [{ offset: 4, length: 4, flags: [] }]],
  ['a hole', map(12, [0, 100, 4], [8, 108, 4]), [{ offset: 4, length: 4, flags: ['hole'] }]],
  ['shared now', map(12, [0, 100, 12, FIEMAP_EXTENT_SHARED]), [{ offset: 0, length: 12, flags: ['shared'] }]],
  ['cut off', map(4, [0, 100, 4]), [{ offset: 4, length: 8, flags: ['hole'] }]],
  ['longer', map(16, [0, 100, 16]), [{ offset: 12, length: 4, flags: [] }]],
  ['everything a block further', map(12, [0, 104, 12]), [{ offset: 0, length: 12, flags: [] }]],
  [
    'two places',
    map(12, [0, 100, 2], [2, 7, 2], [4, 104, 4], [8, 9, 4]),
    [
      { offset: 2, length: 2, flags: [] },
      { offset: 8, length: 4, flags: [] },
    ],
  ],
])('moved: %s', (_name, later, moved) => {
  expect(map(12, [0, 100, 12]).movedIn(later)).toEqual(moved);
});

const DELALLOC = 4;
const unsettled = map(
  20,
  [4, 100, 4, FIEMAP_EXTENT_UNWRITTEN],
  [8, 0, 4, DELALLOC],
  [12, 200, 4, FIEMAP_EXTENT_SHARED],
  [16, 300, 4],
);

test.each([
  ['nothing', unsettled, []],
  [
    'everything at its place, written and the file’s own',
    map(20, [0, 50, 4], [4, 100, 4], [8, 70, 4], [12, 200, 4], [16, 300, 4]),
    [],
  ],
  [
    'a shared block replaced',
    map(20, [4, 100, 4, FIEMAP_EXTENT_UNWRITTEN], [8, 70, 4], [12, 900, 4], [16, 300, 4]),
    [],
  ],
  [
    'a hole with data that waits',
    map(20, [0, 0, 4, DELALLOC], [4, 100, 4], [8, 70, 4], [12, 200, 4], [16, 300, 4]),
    [],
  ],
  ['an unwritten block written elsewhere', map(20, [4, 900, 4], [8, 70, 4], [12, 200, 4], [16, 300, 4]), [4]],
  ['an unwritten block punched', map(20, [8, 70, 4], [12, 200, 4], [16, 300, 4]), [4]],
  [
    'a hole filled with a shared extent',
    map(20, [0, 50, 4, FIEMAP_EXTENT_SHARED], [4, 100, 4], [8, 70, 4], [12, 200, 4], [16, 300, 4]),
    [0],
  ],
  ['a written block elsewhere', map(20, [4, 100, 4], [8, 70, 4], [12, 200, 4], [16, 900, 4]), [16]],
  ['a written block shared', map(20, [4, 100, 4], [8, 70, 4], [12, 200, 4], [16, 300, 4, FIEMAP_EXTENT_SHARED]), [16]],
  ['longer', map(24, [4, 100, 4], [8, 70, 4], [12, 200, 4], [16, 300, 8]), [20]],
])('a change that a plain store explains is no move: %s', (_name, later, moved) => {
  expect(unsettled.movedIn(later, unmovedOrStored).map(({ offset }) => offset)).toEqual(moved);
});
