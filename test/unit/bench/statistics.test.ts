import { describe, expect, test } from '@jest/globals';
import { exponent, median, medianRatio, quantile, ratios, spread } from '../../../bench/statistics.js';

test('median: the middle value, or the mean of the middle two', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test('quantile: the smallest value that the share does not exceed', () => {
  const values = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
  expect(quantile(values, 0)).toBe(1);
  expect(quantile(values, 0.1)).toBe(1);
  expect(quantile(values, 0.99)).toBe(10);
  expect(quantile([], 0.5)).toBeNaN();
});

test('ratios: only of the rounds that both have', () => {
  expect(ratios([2, 6, 9], [1, 2])).toEqual([2, 3]);
  expect(ratios([2], [1, 2])).toEqual([2]);
});

test('medianRatio: changes of the machine between rounds cancel', () => {
  expect(medianRatio([2, 20, 200], [1, 10, 100])).toBe(2);
});

test('spread: the whole range of few values, and without the outermost tenths of many', () => {
  expect(spread([3, 1, 2])).toBe(2);
  expect(spread([7])).toBe(0);
  expect(spread([...Array.from({ length: 18 }, (_, index) => 100 + index), 1e6, 0])).toBe(16);
});

describe('exponent', () => {
  const sizes = [1, 10, 100, 1000];

  test.each([0, 0.5, 1, 2])('finds the power %s', (power) => {
    expect(exponent(sizes.map((size) => [size, 7 * size ** power]))).toBeCloseTo(power, 10);
  });

  test('noise of some percent changes it little', () => {
    expect(exponent(sizes.map((size, index) => [size, 50 + (index % 2)]))).toBeCloseTo(0, 2);
  });

  test('one size has no exponent', () => {
    expect(exponent([[1, 2]])).toBeNaN();
  });
});
