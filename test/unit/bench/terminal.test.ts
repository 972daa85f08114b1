import { expect, test } from '@jest/globals';
import { reportBenchmark } from '../../../bench/report/terminal.js';
import { benchmarkOf, resultOf } from './example.js';

function titleOf(effort: 'full' | 'quick', quickSize?: string): string | undefined {
  return reportBenchmark({ ...benchmarkOf(), quickSize }, resultOf(), effort).split('\n')[0];
}

test('the title of a quick run has the size of its work, if that is less than the name says', () => {
  expect(titleOf('quick', '64 MiB')).toBe('example  (quick: 64 MiB, tmpfs, 3 rounds)');
  expect(titleOf('quick')).toBe('example  (tmpfs, 3 rounds)');
  expect(titleOf('full', '64 MiB')).toBe('example  (tmpfs, 3 rounds)');
});
