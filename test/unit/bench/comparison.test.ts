import { describe, expect, test } from '@jest/globals';
import { compareRows, describeComparison, FEWEST_ROUNDS, rowsOf, type Row } from '../../../bench/report/comparison.js';
import { benchmarkOf, resultOf } from './example.js';

const row = (values: readonly number[], name = 'row'): Row => ({ name, unit: 'x', values });

describe('compareRows', () => {
  test('names a row that is worse by more than the noise of both runs', () => {
    const { worse, compared } = compareRows([row([1, 1.01, 1.02])], [row([1.2, 1.21, 1.22])]);
    expect(compared).toBe(1);
    expect(worse).toEqual([expect.objectContaining({ name: 'row', before: 1.01, now: 1.21 })]);
    expect(worse[0]!.noise).toBeCloseTo(0.0905, 6);
  });

  test.each<[string, number[], number[]]>([
    ['a better row', [1, 1.01, 1.02], [0.5, 0.51, 0.52]],
    ['the same row', [1, 1.01, 1.02], [1, 1.01, 1.02]],
    ['a change within five percent', [1, 1, 1], [1.049, 1.049, 1.049]],
    ['a change within the noise of the older run', [1, 1.01, 1.5], [1.3, 1.31, 1.32]],
    ['a change within the noise of this run', [1, 1.01, 1.02], [1.1, 1.3, 1.6]],
  ])('does not name %s', (_what, before, now) => {
    expect(compareRows([row(before)], [row(now)])).toEqual({ worse: [], compared: 1, left: 0 });
  });

  test.each<[string, Row[], Row[]]>([
    ['this run is too short', [row([1, 1, 1])], [row([9, 9])]],
    ['the older run is too short', [row([1, 1])], [row([9, 9, 9])]],
    ['the older run has no such row', [row([1, 1, 1], 'other')], [row([9, 9, 9])]],
    ['a value is no number', [row([1, 1, 1])], [row([9, NaN, 9])]],
  ])('leaves a row out if %s', (_why, before, now) => {
    expect(compareRows(before, now)).toEqual({ worse: [], compared: 0, left: 1 });
  });

  test('an exponent below zero has noise too', () => {
    expect(compareRows([row([-0.1, -0.1, -0.1])], [row([-0.098, -0.098, -0.098])]).worse).toEqual([]);
  });
});

describe('rowsOf', () => {
  const rows = rowsOf(benchmarkOf(), resultOf());

  test('a rival has a row of ratios for each figure that ours has, too', () => {
    expect(rows).toContainEqual({ name: 'example | time | C & <sons>', unit: 'x', values: [2, 2, 2] });
  });

  test('ours has a row for each figure that is not a time', () => {
    expect(rows).toContainEqual({ name: 'example | bytes | mapdirect', unit: 'B', values: [400, 400, 400] });
  });

  test('times of ours are not compared, nor is the control', () => {
    expect(rows).toHaveLength(2);
  });
});

test('the text names row, both values and the noise', () => {
  const text = describeComparison(compareRows([row([1, 1, 1])], [row([2, 2, 2])]));
  expect(text).toBe('compared 1 rows, 1 worse; not comparable: 0\n  WORSE row: 2.000, before 1.000, noise 0.050\n');
  expect(FEWEST_ROUNDS).toBe(3);
});
