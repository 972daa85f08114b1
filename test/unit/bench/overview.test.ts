import { describe, expect, test } from '@jest/globals';
import { jobs, overviewOf } from '../../../bench/report/overview.js';
import { drawPictures } from '../../../bench/report/pictures.js';
import { readReport } from '../../../bench/report/stored-report.js';
import { committedReport } from '../../../bench/paths.js';
import { benchmarks } from '../../../bench/suites/index.js';

const { benchmarks: results } = readReport(committedReport);

test.each(jobs)('$label: the benchmark, its figure and its trials exist', ({ benchmark, figure, ours, rivals }) => {
  const found = benchmarks.find(({ name }) => name === benchmark);
  expect(Object.keys(found?.figures ?? {})).toContain(figure);
  expect(found?.trials.map(({ name }) => name)).toEqual(expect.arrayContaining([ours, ...rivals]));
  expect(found?.trials.find(({ name }) => name === ours)?.role).toBe('ours');
});

describe('the overview of the committed report', () => {
  const { groups, description } = overviewOf(benchmarks, results);

  test('has every job, ours first, with at least one rival and its ratio', () => {
    expect(groups.map(({ label }) => label)).toEqual(jobs.map(({ label }) => label));
    for (const { bars } of groups) {
      expect(bars.map(({ isOurs }) => isOurs)).toEqual(bars.map((_, index) => index === 0));
      for (const { shown } of bars.slice(1)) expect(shown).toMatch(/^[\d.]+ [num]?s \([\d.]+ x\)$/);
      for (const { label, shown } of bars) expect(description).toContain(`${label} ${shown}`);
    }
  });

  test('a rival that was faster is shown as faster', () => {
    const slower = results.map((result) => ({
      ...result,
      trials: result.trials.map((trial) => (trial.role === 'ours' ? trial : { ...trial, oursToThis: { single: 2 } })),
    }));
    const shown = overviewOf(benchmarks, slower).groups.flatMap(({ bars }) => bars.map((bar) => bar.shown));
    expect(shown.filter((text) => text.endsWith('(0.50 x)'))).toHaveLength(3);
  });

  test('is a picture of its own', () => {
    expect([...drawPictures(benchmarks, results).keys()][0]).toBe('overview.svg');
  });
});

test('a job without our figure or without a rival is left out', () => {
  const name = jobs[0]!.benchmark;
  const only = (...names: string[]): typeof results =>
    results
      .filter((result) => result.name === name)
      .map((result) => ({ ...result, trials: result.trials.filter((trial) => names.includes(trial.name)) }));
  expect(overviewOf(benchmarks, only('mapdirect')).groups).toEqual([]);
  expect(overviewOf(benchmarks, only('fs.readSync')).groups).toEqual([]);
  expect(overviewOf(benchmarks, only('mapdirect', 'fs.readSync')).groups).toHaveLength(1);
});
