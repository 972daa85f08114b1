import { describe, expect, test } from '@jest/globals';
import { fits } from '../../../bench/runner.js';
import { benchmarks } from '../../../bench/suites/index.js';
import { FEWEST_ROUNDS } from '../../../bench/report/comparison.js';

describe('the budgets of all benchmarks', () => {
  test.each([
    ['full', 15],
    ['quick', 2],
  ] as const)('a %s run ends within %s minutes', (effort, minutes) => {
    // Those over RDMA run in a guest machine, with a time of their own.
    const here = benchmarks.filter(({ name }) => !name.startsWith('RDMA'));
    const seconds = here.reduce((sum, { budgets }) => sum + budgets[effort].seconds, 0);
    expect(seconds).toBeLessThanOrEqual(60 * minutes);
  });

  test('each has enough rounds for --compare', () => {
    const few = benchmarks.filter(({ budgets }) => budgets.full.rounds < FEWEST_ROUNDS);
    expect(few.map(({ name }) => name)).toEqual([]);
  });
});

describe('fits', () => {
  const budget = { rounds: 3, seconds: 10 };

  test('the first round runs in any case', () => {
    expect(fits(budget, [], 60)).toBe(true);
  });

  test('another round runs if it would end in time, as the longest one before it', () => {
    expect(fits(budget, [4, 2], 6)).toBe(true);
    expect(fits(budget, [4, 2], 6.1)).toBe(false);
  });

  test('no more rounds than the budget has', () => {
    expect(fits(budget, [1, 1, 1], 3)).toBe(false);
  });
});

describe('the list of benchmarks', () => {
  test('has no name twice, and no picture twice', () => {
    const names = benchmarks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const pictures = benchmarks.flatMap(({ picture }) => picture?.name ?? []);
    expect(new Set(pictures).size).toBe(pictures.length);
  });

  test.each(benchmarks.map((benchmark) => [benchmark.name, benchmark] as const))(
    '%s: targets and pictures name figures and rivals that are there',
    (_name, { figures, targets, trials, picture }) => {
      const rivals = trials.filter(({ role }) => role === 'rival').map(({ name }) => name);
      expect(targets.filter(({ figure }) => !(figure in figures))).toEqual([]);
      const named = targets.flatMap(({ against, limit }) => [against, limit]).filter((name) => name !== undefined);
      expect(named.filter((name) => !rivals.includes(name))).toEqual([]);
      const units = (picture?.figures ?? []).map((figure) => figures[figure]?.unit);
      expect(new Set(units).size).toBeLessThanOrEqual(1);
      expect(units).not.toContain(undefined);
      expect(new Set(trials.map(({ name }) => name)).size).toBe(trials.length);
    },
  );
});
