import { describe, expect, test } from '@jest/globals';
import { isSharedArrayBuffer } from 'node:util/types';
import { runInNewContext } from 'node:vm';
import { checkBounds, pageSpans, rangesOf, type Ranges } from '../../../lib/core/range-list.js';
import { expectMisuse, thrown } from '../../support/errors.js';
import { Random, seeds } from '../../support/random.js';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const VALUE = 'ERR_INVALID_ARG_VALUE';
const RANGE = 'ERR_OUT_OF_RANGE';
const LARGEST = Number.MAX_SAFE_INTEGER;
const PAGE = 4096;

/** Numbers as they stand in the pairs that count. */
function listed({ pairs, count }: Ranges): number[] {
  return Array.from(pairs.subarray(0, 2 * count));
}

function check(list: unknown, size: number, count?: number): void {
  checkBounds(rangesOf(list, count), size);
}

describe('rangesOf an array of pairs', () => {
  test.each([
    [[], []],
    [[[0, 8]], [0, 8]],
    [
      [
        [16, 4],
        [0, 8],
      ],
      [16, 4, 0, 8],
    ],
    [
      [
        [0, 0],
        [LARGEST, 0],
      ],
      [0, 0, LARGEST, 0],
    ],
  ])('%j is offset and length in turn', (pairs, flat) => {
    expect(listed(rangesOf(pairs, undefined))).toEqual(flat);
  });

  test('counts as far as count says', () => {
    expect(
      listed(
        rangesOf(
          [
            [0, 8],
            [16, 8],
          ],
          1,
        ),
      ),
    ).toEqual([0, 8]);
    expect(listed(rangesOf([[0, 8]], 0))).toEqual([]);
  });

  test.each([
    ['a number', [[0, 8], 5], 'ranges[1]'],
    ['null', [null], 'ranges[0]'],
    ['text', ['08'], 'ranges[0]'],
    ['an object', [{ offset: 0, length: 8 }], 'ranges[0]'],
    ['one number', [[0]], 'ranges[0]'],
    ['three numbers', [[0, 8, 16]], 'ranges[0]'],
    ['a typed pair', [new Float64Array(2)], 'ranges[0]'],
    ['a pair that is flat', [0, 8], 'ranges[0]'],
    ['undefined', [[0, 8], undefined], 'ranges[1]'],
  ])('%s where a pair should be is ERR_INVALID_ARG_TYPE', (_title, list, argument) => {
    expectMisuse(
      thrown(() => rangesOf(list, undefined)),
      TYPE,
      argument,
    );
  });

  test('a hole where a pair should be is no range of nothing', () => {
    const holes: unknown[] = [[0, 8]];
    holes[2] = [16, 8];
    expectMisuse(
      thrown(() => rangesOf(holes, undefined)),
      TYPE,
      'ranges[1]',
    );
    expectMisuse(
      thrown(() => rangesOf(new Array(3), undefined)),
      TYPE,
      'ranges[0]',
    );
  });

  test.each([
    ['8', TYPE],
    [null, TYPE],
    [8n, TYPE],
    [undefined, TYPE],
    [NaN, RANGE],
    [-1, RANGE],
    [0.5, RANGE],
    [Infinity, RANGE],
    [2 ** 53, RANGE],
  ])('%p in a pair is refused by the name of its place', (value, code) => {
    expectMisuse(
      thrown(() =>
        rangesOf(
          [
            [0, 8],
            [value, 1],
          ],
          undefined,
        ),
      ),
      code,
      'ranges[1][0]',
    );
    expectMisuse(
      thrown(() => rangesOf([[0, value]], undefined)),
      code,
      'ranges[0][1]',
    );
  });
});

describe('rangesOf a Float64Array', () => {
  test('takes it as it is, without a copy', () => {
    const flat = Float64Array.of(0, 8, 16, 4);
    const ranges = rangesOf(flat, undefined);
    expect(ranges.pairs).toBe(flat);
    expect(ranges.count).toBe(2);
  });

  test('starts where the view starts', () => {
    const flat = Float64Array.of(9, 9, 0, 8, 9, 9).subarray(2, 4);
    expect(listed(rangesOf(flat, undefined))).toEqual([0, 8]);
  });

  test('looks at no value: those are checked against the mapping', () => {
    expect(listed(rangesOf(Float64Array.of(NaN, -1), undefined))).toEqual([NaN, -1]);
  });

  test('of another realm is one too', () => {
    const foreign: unknown = runInNewContext('Float64Array.of(0, 8)');
    expect(Array.from(rangesOf(foreign, undefined).pairs)).toEqual([0, 8]);
  });

  test.each([0, 1, 2])('with count %d, so many pairs count', (count) => {
    expect(rangesOf(Float64Array.of(0, 8, 16, 4), count).count).toBe(count);
  });

  test.each([1, 3, 5])('of %d elements is ERR_INVALID_ARG_VALUE', (length) => {
    const error = thrown(() => rangesOf(new Float64Array(length), undefined));
    expectMisuse(error, VALUE, 'ranges');
    expect(error.message).toContain(String(length));
  });

  test('of an odd length has its whole pairs, where count says how many are meant', () => {
    expect(rangesOf(new Float64Array(5), 2).count).toBe(2);
    const error = thrown(() => rangesOf(new Float64Array(5), 3));
    expectMisuse(error, RANGE, 'count');
    expect(error.message).toContain('<= 2');
  });

  test.each([
    [3, RANGE],
    [LARGEST, RANGE],
    [2 ** 53, RANGE],
    [-1, RANGE],
    [0.5, RANGE],
    [NaN, RANGE],
    [Infinity, RANGE],
    ['1', TYPE],
    [null, TYPE],
    [1n, TYPE],
    [{}, TYPE],
  ])('count %p is refused', (count, code) => {
    expectMisuse(
      thrown(() => rangesOf(new Float64Array(4), count)),
      code,
      'count',
    );
  });

  test('over shared memory is copied: another thread cannot change it between check and flush', () => {
    const flat = new Float64Array(new SharedArrayBuffer(48), 16, 4);
    flat.set([0, 8, 16, 4]);
    const ranges = rangesOf(flat, undefined);
    flat.fill(LARGEST);
    expect(isSharedArrayBuffer(ranges.pairs.buffer)).toBe(false);
    expect(listed(ranges)).toEqual([0, 8, 16, 4]);
  });

  test('over memory that is gone is refused: it may have had ranges', () => {
    const flat = Float64Array.of(0, 8);
    structuredClone(flat.buffer, { transfer: [flat.buffer] });
    const error = thrown(() => rangesOf(flat, undefined));
    expectMisuse(error, TYPE, 'ranges');
    expect(error.message).toContain('detached');
    expect(rangesOf(new Float64Array(0), undefined).count).toBe(0);
  });
});

test.each([
  [undefined],
  [null],
  [1],
  ['0,8'],
  [{}],
  [{ length: 2 }],
  [new Float32Array(2)],
  [new BigInt64Array(2)],
  [new DataView(new ArrayBuffer(16))],
  [new Set([[0, 8]])],
  [Buffer.alloc(16)],
])('%p is no list of ranges', (list) => {
  expectMisuse(
    thrown(() => rangesOf(list, undefined)),
    TYPE,
    'ranges',
  );
});

describe('checkBounds', () => {
  test.each([
    [[], 0],
    [[0, 0], 0],
    [[0, 1], 1],
    [[10, 0], 10],
    [[3, 7, 0, 10, 9, 1], 10],
    [[0, LARGEST], LARGEST],
    [[LARGEST, 0], LARGEST],
    [[2 ** 32, 2 ** 32], 2 ** 33],
    [[-0, -0], 10],
  ])('%j is inside %d', (flat, size) => {
    expect(() => check(Float64Array.from(flat), size)).not.toThrow();
  });

  const outside: readonly (readonly [offset: number, length: number, size: number, wrong: 0 | 1])[] = [
    [0, 1, 0, 1],
    [1, 0, 0, 0],
    [10, 1, 10, 1],
    [11, 0, 10, 0],
    [2 ** 32, 0, 10, 0], // 0 when cut to 32 bits
    [0, 2 ** 32, 10, 1],
    [LARGEST, 1, LARGEST, 1],
    [1, LARGEST, LARGEST, 1],
    [LARGEST, LARGEST, LARGEST, 1], // the sum is no integer any more
    [2 ** 53, 0, LARGEST, 0],
    [0, 2 ** 53, LARGEST, 1],
    [2 ** 63, 2 ** 63, LARGEST, 0], // 0 when it wraps at 64 bits
    [2 ** 64, 1, 10, 0],
    [NaN, 1, 10, 0],
    [1, NaN, 10, 1],
    [-1, 1, 10, 0],
    [1, -1, 10, 1],
    [-(2 ** 32), 1, 10, 0],
    [0.5, 1, 10, 0],
    [1, 0.5, 10, 1],
    [Infinity, 1, 10, 0],
    [1, Infinity, 10, 1],
    [-Infinity, Infinity, 10, 0],
  ];

  test.each(outside)('%d, %d in %d is refused', (offset, length, size, wrong) => {
    expectMisuse(
      thrown(() => check(Float64Array.of(offset, length), size)),
      RANGE,
      `ranges[${wrong}]`,
    );
  });

  test('names the element: its place in a Float64Array, its pair and place in an array', () => {
    expectMisuse(
      thrown(() => check(Float64Array.of(0, 1, 5, 6), 10)),
      RANGE,
      'ranges[3]',
    );
    expectMisuse(
      thrown(() =>
        check(
          [
            [0, 1],
            [5, 6],
          ],
          10,
        ),
      ),
      RANGE,
      'ranges[1][1]',
    );
    expectMisuse(
      thrown(() =>
        check(
          [
            [0, 1],
            [0, 1],
            [11, 0],
          ],
          10,
        ),
      ),
      RANGE,
      'ranges[2][0]',
    );
  });

  test('says how far it could have gone', () => {
    expect(thrown(() => check(Float64Array.of(3, 8), 10)).message).toContain('<= 7, what is left after offset 3');
    expect(thrown(() => check(Float64Array.of(11, 0), 10)).message).toContain('<= 10, the length of the mapping');
  });

  test('the first that is wrong is named, and none past count is looked at', () => {
    const flat = Float64Array.of(0, 1, 20, 0, 30, 0);
    expectMisuse(
      thrown(() => check(flat, 10)),
      RANGE,
      'ranges[2]',
    );
    expect(() => check(flat, 10, 1)).not.toThrow();
  });
});

describe('pageSpans', () => {
  function spans(flat: readonly number[]): { offset: number; length: number }[] {
    return [...pageSpans(rangesOf(Float64Array.from(flat), undefined), PAGE)];
  }

  test.each([
    ['nothing', [], []],
    ['ranges of length 0 touch no page', [0, 0, 5000, 0], []],
    ['one byte', [5000, 1], [{ offset: PAGE, length: 905 }]],
    ['two in one page are one', [10, 1, 20, 1], [{ offset: 0, length: 21 }]],
    ['the larger end counts', [10, 100, 20, 1], [{ offset: 0, length: 110 }]],
    ['pages that follow each other are one', [0, 1, PAGE, 1], [{ offset: 0, length: PAGE + 1 }]],
    ['in any order', [PAGE, 1, 0, 1], [{ offset: 0, length: PAGE + 1 }]],
    [
      'a page between them parts them',
      [2 * PAGE, 1, 0, 1],
      [
        { offset: 0, length: 1 },
        { offset: 2 * PAGE, length: 1 },
      ],
    ],
    ['past 2^32', [2 ** 40 + 1, 2], [{ offset: 2 ** 40, length: 3 }]],
  ])('%s', (_title, flat, expected) => {
    expect(spans(flat)).toEqual(expected);
  });

  /** The pages that a range touches, one by one. */
  function pagesOf(offset: number, length: number): number[] {
    const first = Math.floor(offset / PAGE);
    return length === 0
      ? []
      : Array.from({ length: Math.floor((offset + length - 1) / PAGE) - first + 1 }, (_, i) => first + i);
  }

  test.each(seeds(20))(
    'seed %d: exactly the pages of a naive set, each once, in order, no two spans touching',
    (seed) => {
      const random = new Random(seed);
      for (let round = 0; round < 50; round++) {
        const flat = Array.from({ length: random.below(20) }, () => [
          random.below(40) * PAGE + random.of([0, 0, 1, PAGE - 1, random.below(PAGE)]),
          random.of([0, 1, PAGE - 1, PAGE, PAGE + 1, random.below(5 * PAGE)]),
        ]);
        const found = spans(flat.flat());
        const naive = new Set(flat.flatMap(([offset = 0, length = 0]) => pagesOf(offset, length)));
        const covered = found.flatMap(({ offset, length }) => pagesOf(offset, length));
        expect({ seed, round, flat, covered }).toEqual({
          seed,
          round,
          flat,
          covered: [...naive].sort((a, b) => a - b),
        });
        for (const { offset } of found) expect(offset % PAGE).toBe(0);
        for (let i = 1; i < found.length; i++)
          expect(pagesOf(found[i]?.offset ?? 0, 1)[0]).toBeGreaterThan(
            (pagesOf(found[i - 1]?.offset ?? 0, found[i - 1]?.length ?? 0).at(-1) ?? 0) + 1,
          );
        // No byte past the last one that was named: a mapping may end in the middle of a page.
        const end = Math.max(0, ...flat.map(([offset = 0, length = 0]) => (length === 0 ? 0 : offset + length)));
        expect(Math.max(0, ...found.map(({ offset, length }) => offset + length))).toBe(end);
      }
    },
  );
});
