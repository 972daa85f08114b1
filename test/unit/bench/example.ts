import { atMost, type Benchmark, budgets, type Trial } from '../../../bench/benchmark.js';
import type { BenchmarkResult, TrialResult } from '../../../bench/runner.js';
import { median } from '../../../bench/statistics.js';

const RIVAL = 'C & <sons>';

function trialOf(name: string, role: Trial['role'], samples: TrialResult['samples']): TrialResult {
  const medians = Object.fromEntries(Object.entries(samples).map(([figure, values]) => [figure, median(values)]));
  return { name, role, samples, medians, oursToThis: role === 'rival' ? { time: 2 } : {} };
}

/** A benchmark that nobody runs, with a rival whose name needs escapes. */
export function benchmarkOf(name = 'example'): Benchmark {
  return {
    name,
    description: ['An example.'],
    figures: { time: { title: 'time', unit: 'ns' }, bytes: { title: 'bytes', unit: 'B' } },
    medium: 'memory',
    budgets: budgets(3, 10, 3, 1),
    trials: [],
    targets: [atMost(1.5, 'time', RIVAL)],
    prepare: () => undefined,
    picture: { name, title: 'Example | "quoted"', figures: ['time'] },
  };
}

/** A result of {@link benchmarkOf}. */
export function resultOf(name = 'example'): BenchmarkResult {
  return {
    name,
    fileSystem: 'tmpfs',
    rounds: 3,
    trials: [
      trialOf('mapdirect', 'ours', { time: [2000, 4000, 6000], bytes: [400, 400, 400] }),
      trialOf(RIVAL, 'rival', { time: [1000, 2000, 3000], own: [1, 2, 3] }),
      trialOf('control', 'control', { time: [1, 1, 1] }),
      { ...trialOf('gone', 'rival', {}), missing: 'not installed | at all', oursToThis: {} },
    ],
    targets: [{ text: `<= 1.5 x ${RIVAL}`, value: 2, verdict: 'missed' }],
  };
}
