import { describe, expect, test } from '@jest/globals';
import { checkRange, pageSpan, roundUp } from '../../../lib/core/range.js';
import { checkPositiveSize, checkSize } from '../../../lib/core/validators.js';
import { expectMisuse, thrown } from '../../support/errors.js';

const LARGEST = Number.MAX_SAFE_INTEGER;
const TIB = 2 ** 40;

describe('checkRange: [offset, offset + length) inside [0, size)', () => {
  test.each([
    [0, 0, 0],
    [0, 1, 1],
    [10, 0, 10],
    [2 ** 31 - 1, 1, 2 ** 31],
    [2 ** 31, 1, 2 ** 31 + 1],
    [2 ** 32, 2 ** 32, 2 ** 33],
    [0, LARGEST, LARGEST],
    [LARGEST, 0, LARGEST],
    [TIB - 1, 1, TIB],
    [-0, -0, 0],
  ])('%d, %d is inside %d', (offset, length, size) => {
    expect(() => checkRange(offset, length, size)).not.toThrow();
  });

  test.each([
    [0, 1, 0, 'length'],
    [1, 0, 0, 'offset'],
    [11, 0, 10, 'offset'],
    [10, 1, 10, 'length'],
    [2 ** 31, 1, 2 ** 31, 'length'],
    [2 ** 32, 1, 2 ** 32, 'length'],
    [2 ** 32, 0, 10, 'offset'], // 0 when cut to 32 bits
    [0, 2 ** 32, 10, 'length'],
    [LARGEST, LARGEST, LARGEST, 'length'], // the sum is no integer any more
    [1, LARGEST, LARGEST, 'length'],
    [-1, 1, 10, 'offset'],
    [0, -1, 10, 'length'],
    [-(2 ** 32), 1, 10, 'offset'],
    [0.5, 1, 10, 'offset'],
    [0, NaN, 10, 'length'],
    [0, Infinity, 10, 'length'],
    [2 ** 53, 0, LARGEST, 'offset'],
  ])('%d, %d is not inside %d', (offset, length, size, argument) => {
    expectMisuse(
      thrown(() => checkRange(offset, length, size)),
      'ERR_OUT_OF_RANGE',
      argument,
    );
  });

  test('says how far it could have gone', () => {
    expect(thrown(() => checkRange(3, 8, 10)).message).toContain('<= 7, what is left after offset 3');
  });

  test.each([['1'], [null], [1n], [{}]])('%p is no number', (value) => {
    expectMisuse(
      thrown(() => checkRange(value as never, 1, 10)),
      'ERR_INVALID_ARG_TYPE',
      'offset',
    );
    expectMisuse(
      thrown(() => checkRange(0, value as never, 10)),
      'ERR_INVALID_ARG_TYPE',
      'length',
    );
  });
});

test('checkSize takes 0 to 2^53 - 1, checkPositiveSize not 0', () => {
  for (const value of [0, 1, 2 ** 32, LARGEST]) expect(() => checkSize(value, 'x')).not.toThrow();
  for (const value of [-1, 0.5, NaN, 2 ** 53])
    expectMisuse(
      thrown(() => checkSize(value, 'x')),
      'ERR_OUT_OF_RANGE',
      'x',
    );
  expectMisuse(
    thrown(() => checkSize('1', 'x')),
    'ERR_INVALID_ARG_TYPE',
    'x',
  );
  expectMisuse(
    thrown(() => checkPositiveSize(0, 'x')),
    'ERR_OUT_OF_RANGE',
    'x',
  );
  expect(() => checkPositiveSize(1, 'x')).not.toThrow();
});

test.each([
  [0, 1, 0, 1],
  [4095, 1, 0, 4096],
  [4096, 1, 4096, 1],
  [4097, 10, 4096, 11],
  [2 ** 32 + 5, 7, 2 ** 32, 12],
  [TIB + 4095, 2, TIB, 4097],
])('pageSpan of %d, %d starts at a page and ends where it did', (offset, length, start, span) => {
  expect(pageSpan(offset, length, 4096)).toEqual({ offset: start, length: span });
});

test.each([
  [0, 0],
  [1, 4096],
  [4096, 4096],
  [4097, 8192],
  [2 ** 32 + 1, 2 ** 32 + 4096],
])('roundUp of %d to 4096 is %d', (value, rounded) => {
  expect(roundUp(value, 4096)).toBe(rounded);
});
