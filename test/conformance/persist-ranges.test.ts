import { describe, expect, test } from '@jest/globals';
import { readFileSync, truncateSync } from 'node:fs';
import { anonymous, constants, map, type Mapping } from '../../lib/index.js';
import { describeBackends } from '../support/backends.js';
import { expectMisuse, thrown } from '../support/errors.js';
import { Random, seeds } from '../support/random.js';
import { Scratch } from '../support/scratch.js';
import { misplaced, watermark } from '../support/watermark.js';

const { PAGE_SIZE } = constants;
const LENGTH = 5 * PAGE_SIZE + 100;
const LARGEST = Number.MAX_SAFE_INTEGER;
const TYPE = 'ERR_INVALID_ARG_TYPE';
const VALUE = 'ERR_INVALID_ARG_VALUE';
const RANGE = 'ERR_OUT_OF_RANGE';
const scratch = new Scratch();

type Pair = readonly [offset: number, length: number];

/** The file's watermark with zeros at the ranges. */
function zeroedAt(pairs: readonly Pair[]): Buffer {
  const right = watermark(0, LENGTH);
  for (const [offset, length] of pairs) right.fill(0, offset, offset + length);
  return right;
}

function zero(mapping: Mapping, pairs: readonly Pair[]): void {
  for (const [offset, length] of pairs) if (length !== 0) mapping.view(offset, length).fill(0);
}

/** Each way in which a list can be given. */
const forms: readonly (readonly [form: string, give: (mapping: Mapping, pairs: readonly Pair[]) => void])[] = [
  ['an array of pairs', (mapping, pairs) => mapping.persistRanges(pairs)],
  ['a Float64Array', (mapping, pairs) => mapping.persistRanges(Float64Array.from(pairs.flat()))],
  [
    'a Float64Array with room for more, and count',
    (mapping, pairs) => mapping.persistRanges(Float64Array.of(...pairs.flat(), LARGEST, LARGEST, NaN), pairs.length),
  ],
  [
    'a Float64Array that starts inside its buffer',
    (mapping, pairs) => {
      const flat = Float64Array.of(LARGEST, NaN, -1, ...pairs.flat(), -1);
      mapping.persistRanges(flat.subarray(3, flat.length - 1));
    },
  ],
  [
    'a Float64Array over shared memory',
    (mapping, pairs) => {
      const flat = new Float64Array(new SharedArrayBuffer(16 * pairs.length));
      flat.set(pairs.flat());
      mapping.persistRanges(flat);
    },
  ],
];

const lists: readonly (readonly [title: string, pairs: readonly Pair[]])[] = [
  ['one', [[5, 10]]],
  ['all of it', [[0, LENGTH]]],
  [
    'in order, apart',
    [
      [0, 8],
      [PAGE_SIZE, 64],
      [4 * PAGE_SIZE + 1, 1],
    ],
  ],
  [
    'in no order',
    [
      [4 * PAGE_SIZE, 8],
      [0, 8],
      [2 * PAGE_SIZE - 1, 2],
    ],
  ],
  [
    'that overlap',
    [
      [10, 100],
      [50, 100],
      [0, 20],
    ],
  ],
  [
    'one inside another',
    [
      [0, 2 * PAGE_SIZE],
      [100, 8],
    ],
  ],
  [
    'that follow each other',
    [
      [0, 8],
      [8, 8],
      [16, PAGE_SIZE],
    ],
  ],
  [
    'twice the same',
    [
      [7, 9],
      [7, 9],
    ],
  ],
  [
    'with nothing among them',
    [
      [0, 0],
      [64, 8],
      [LENGTH, 0],
      [100, 0],
    ],
  ],
  [
    'up to the last byte',
    [
      [LENGTH - 1, 1],
      [LENGTH - 101, 50],
    ],
  ],
  [
    'across pages',
    [
      [PAGE_SIZE - 1, PAGE_SIZE + 2],
      [4 * PAGE_SIZE - 1, 2],
    ],
  ],
];

describeBackends('persistRanges()', (backend) => {
  describe.each(forms)('given %s', (_form, give) => {
    test.each(lists)('%s: those bytes are in the file, and no others are changed', (_title, pairs) => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      zero(mapping, pairs);
      give(mapping, pairs);
      expect(readFileSync(path).equals(zeroedAt(pairs))).toBe(true);
      expect(mapping.buffer.equals(zeroedAt(pairs))).toBe(true);
    });

    test('nothing does nothing', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      give(mapping, []);
      give(mapping, [
        [0, 0],
        [LENGTH, 0],
      ]);
      expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    });

    test('after close() it is ERR_MAPPING_CLOSED, of nothing too', () => {
      const mapping = map(scratch.file(LENGTH), { backend });
      mapping.close();
      for (const pairs of [[[0, 8]], []] as Pair[][]) {
        const error = thrown(() => give(mapping, pairs));
        expect(error.code).toBe('ERR_MAPPING_CLOSED');
        expect(error.message).toContain('persistRanges');
      }
    });
  });

  test('a thousand ranges, none joined to the next', () => {
    const length = 1000 * 192;
    const path = scratch.sparse(length);
    using mapping = map(path, { backend });
    const pairs = Array.from({ length: 1000 }, (_, i): Pair => [192 * i + (i % 64), 64]);
    for (const [offset] of pairs) mapping.view(offset, 64).set(watermark(offset, 64));
    mapping.persistRanges(pairs);
    const file = readFileSync(path);
    for (const [offset] of pairs) expect(misplaced(file.subarray(offset, offset + 64), offset)).toBeUndefined();
  });

  test('of a mapping that starts inside its file', () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend, offset: PAGE_SIZE });
    mapping.view(10, 5).fill(0);
    mapping.persistRanges([
      [10, 5],
      [0, 1],
    ]);
    expect(readFileSync(path).equals(zeroedAt([[PAGE_SIZE + 10, 5]]))).toBe(true);
  });

  test('of memory without a name', () => {
    using mapping = anonymous(LENGTH);
    mapping.write(watermark(0, LENGTH), 0);
    mapping.persistRanges([
      [0, LENGTH],
      [1, 1],
    ]);
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });

  test.each(['read', 'copy'] as const)("access '%s' has nothing to persist, and checks all the same", (access) => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend, access });
    mapping.buffer.fill(0);
    mapping.persistRanges([[0, LENGTH]]);
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    expectMisuse(
      thrown(() => mapping.persistRanges([[0, LENGTH + 1]])),
      RANGE,
      'ranges[0][1]',
    );
  });

  test('a byte that a truncation cut off beside the range is no failure of the range', () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    mapping.view(0).fill(0, 2 * PAGE_SIZE + 20, 2 * PAGE_SIZE + 40);
    truncateSync(path, 2 * PAGE_SIZE + 10);
    mapping.persistRanges([[2 * PAGE_SIZE + 64, 8]]);
    mapping.persistRanges([
      [0, 8],
      [2 * PAGE_SIZE, 10],
    ]);
  });

  describe('refuses', () => {
    const wrong: readonly (readonly [
      title: string,
      code: string,
      argument: string,
      given: readonly [ranges: unknown, count?: unknown],
    ])[] = [
      ['no list', TYPE, 'ranges', [undefined]],
      ['a number', TYPE, 'ranges', [8]],
      ['text', TYPE, 'ranges', ['0,8']],
      ['another typed array', TYPE, 'ranges', [new Float32Array(2)]],
      ['an iterator', TYPE, 'ranges', [new Map([[0, 8]]).entries()]],
      ['a flat array', TYPE, 'ranges[0]', [[0, 8]]],
      [
        'a pair of text',
        TYPE,
        'ranges[1][0]',
        [
          [
            [0, 8],
            ['0', 8],
          ],
        ],
      ],
      ['a pair without a length', TYPE, 'ranges[0]', [[[0]]]],
      ['a bigint', TYPE, 'ranges[0][1]', [[[0, 8n]]]],
      ['an odd number of elements', VALUE, 'ranges', [new Float64Array(3)]],
      ['a count past the list', RANGE, 'count', [new Float64Array(4), 3]],
      ['a negative count', RANGE, 'count', [new Float64Array(4), -1]],
      ['half a count', RANGE, 'count', [new Float64Array(4), 0.5]],
      ['a count of text', TYPE, 'count', [new Float64Array(4), '1']],
      ['an offset past the end', RANGE, 'ranges[0]', [Float64Array.of(LENGTH + 1, 0)]],
      ['a length past the end', RANGE, 'ranges[1]', [Float64Array.of(0, LENGTH + 1)]],
      ['one byte past the end', RANGE, 'ranges[1]', [Float64Array.of(LENGTH, 1)]],
      ['a sum past 2^53', RANGE, 'ranges[1]', [Float64Array.of(1, LARGEST)]],
      ['both at 2^53 - 1', RANGE, 'ranges[0]', [Float64Array.of(LARGEST, LARGEST)]],
      ['a sum that wraps at 2^64', RANGE, 'ranges[0]', [Float64Array.of(2 ** 63, 2 ** 63)]],
      ['an offset of 2^64', RANGE, 'ranges[0]', [Float64Array.of(2 ** 64, 8)]],
      ['an offset of 2^32', RANGE, 'ranges[0]', [Float64Array.of(2 ** 32, 8)]],
      ['NaN as an offset', RANGE, 'ranges[0]', [Float64Array.of(NaN, 8)]],
      ['NaN as a length', RANGE, 'ranges[1]', [Float64Array.of(0, NaN)]],
      ['a negative offset', RANGE, 'ranges[0]', [Float64Array.of(-8, 8)]],
      ['a negative length', RANGE, 'ranges[1]', [Float64Array.of(8, -8)]],
      ['half a byte', RANGE, 'ranges[1]', [Float64Array.of(0, 0.5)]],
      ['an offset between bytes', RANGE, 'ranges[0]', [Float64Array.of(0.5, 1)]],
      ['infinity', RANGE, 'ranges[1]', [Float64Array.of(0, Infinity)]],
      ['minus infinity', RANGE, 'ranges[0]', [Float64Array.of(-Infinity, Infinity)]],
      ['a wrong one after a right one', RANGE, 'ranges[3]', [Float64Array.of(0, 8, LENGTH - 7, 8)]],
      [
        'a wrong pair after a right one',
        RANGE,
        'ranges[1][1]',
        [
          [
            [0, 8],
            [LENGTH - 7, 8],
          ],
        ],
      ],
      ['a wrong one before a right one', RANGE, 'ranges[0]', [Float64Array.of(-1, 8, 0, 8)]],
    ];

    test.each(wrong)(
      '%s: %s naming %s; nothing is changed and the mapping goes on',
      (_title, code, argument, [ranges, count]) => {
        const path = scratch.file(LENGTH);
        using mapping = map(path, { backend });
        expectMisuse(
          thrown(() => mapping.persistRanges(ranges as never, count as never)),
          code,
          argument,
        );
        expect(misplaced(mapping.buffer, 0)).toBeUndefined();
        expect(misplaced(readFileSync(path), 0)).toBeUndefined();
        zero(mapping, [[1, 2]]);
        mapping.persistRanges([[1, 2]]);
        expect(readFileSync(path).equals(zeroedAt([[1, 2]]))).toBe(true);
      },
    );

    test('a range that was inside before a shrink', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      mapping.persistRanges([[LENGTH - 8, 8]]);
      mapping.resize(LENGTH - 8);
      expectMisuse(
        thrown(() => mapping.persistRanges(Float64Array.of(LENGTH - 8, 8))),
        RANGE,
        'ranges[1]',
      );
      mapping.persistRanges([[LENGTH - 16, 8]]);
    });
  });

  test.each(seeds(4))('seed %d: any ranges in any order leave exactly the stored bytes', (seed) => {
    const random = new Random(seed);
    for (let round = 0; round < 10; round++) {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      const pairs = Array.from({ length: random.below(12) }, (): Pair => {
        const offset = random.of([0, PAGE_SIZE - 1, PAGE_SIZE, random.below(LENGTH), LENGTH]);
        return [offset, Math.min(LENGTH - offset, random.of([0, 1, 8, 63, 64, 65, PAGE_SIZE, random.below(LENGTH)]))];
      });
      zero(mapping, pairs);
      random.of(forms)[1](mapping, pairs);
      expect({ seed, round, pairs, right: readFileSync(path).equals(zeroedAt(pairs)) }).toEqual({
        seed,
        round,
        pairs,
        right: true,
      });
    }
  });
});
