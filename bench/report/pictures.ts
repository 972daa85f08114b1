import type { Benchmark, Picture, Unit } from '../benchmark.js';
import type { BenchmarkResult, TrialResult } from '../runner.js';
import { type BarChart, describeGroups, drawBarChart } from './bar-chart.js';
import { overviewOf } from './overview.js';
import { formatFigure } from './terminal.js';
import { tickOf } from './tick.js';

function barOf({ name, role, medians }: TrialResult, figure: string, unit: Unit): BarChart['groups'][number]['bars'] {
  const value = medians[figure];
  return value === undefined ? [] : [{ label: name, value, shown: formatFigure(value, unit), isOurs: role === 'ours' }];
}

/** The picture of a benchmark as data. Trials and figures without a value are left out. */
export function chartOf(benchmark: Benchmark, { title, figures }: Picture, result: BenchmarkResult): BarChart {
  const unit = benchmark.figures[figures[0] ?? '']?.unit ?? 'ns';
  const groups = figures
    .map((figure) => ({
      label: benchmark.figures[figure]?.title ?? figure,
      bars: result.trials.flatMap((trial) => barOf(trial, figure, unit)),
    }))
    .filter(({ bars }) => bars.length > 0);
  const description = `Medians on a logarithmic scale; a shorter bar is better. ${describeGroups(groups)}`;
  return { title, description, groups, tick: tickOf(unit) };
}

/** The file names and contents of all pictures that the results allow: the overview, and one for each benchmark. */
export function drawPictures(
  benchmarks: readonly Benchmark[],
  results: readonly BenchmarkResult[],
): ReadonlyMap<string, string> {
  const drawn = new Map<string, string>();
  const overview = overviewOf(benchmarks, results);
  if (overview.groups.length > 0) drawn.set('overview.svg', drawBarChart(overview));
  for (const benchmark of benchmarks) {
    const result = results.find(({ name }) => name === benchmark.name);
    if (benchmark.picture === undefined || result === undefined) continue;
    const chart = chartOf(benchmark, benchmark.picture, result);
    if (chart.groups.length > 0) drawn.set(`${benchmark.picture.name}.svg`, drawBarChart(chart));
  }
  return drawn;
}
