import { expect, test } from '@jest/globals';
import { limitedBy } from '../../../bench/benchmark.js';
import { describeTarget, reportBenchmark } from '../../../bench/report/terminal.js';
import { benchmarkOf, resultOf } from './example.js';

function titleOf(effort: 'full' | 'quick', quickSize?: string): string | undefined {
  return reportBenchmark({ ...benchmarkOf(), quickSize }, resultOf(), effort).split('\n')[0];
}

test('the title of a quick run has the size of its work, if that is less than the name says', () => {
  expect(titleOf('quick', '64 MiB')).toBe('example  (quick: 64 MiB, tmpfs, 3 rounds)');
  expect(titleOf('quick')).toBe('example  (tmpfs, 3 rounds)');
  expect(titleOf('full', '64 MiB')).toBe('example  (tmpfs, 3 rounds)');
});

test('a target at the limit names the program that shows the limit, and its value', () => {
  const benchmark = benchmarkOf();
  const target = limitedBy('bare call', benchmark.targets[0]!);
  const text = describeTarget(benchmark, target, { text: 'T', value: 1.2, verdict: 'at the limit', limit: 1.1 });
  expect(text).toBe('T: 1.200, AT THE LIMIT (bare call: 1.100)');
});
