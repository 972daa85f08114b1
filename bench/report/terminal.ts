import type { Benchmark, Effort, Target, Unit } from '../benchmark.js';
import type { Machine } from '../facts/machine.js';
import type { BenchmarkResult, TargetResult, TrialResult } from '../runner.js';

/** Three significant digits, in the unit that gives a small number. */
export function formatFigure(value: number, unit: Unit): string {
  if (unit === 'x') return value.toFixed(3);
  if (unit === 'power') return `N^${value.toFixed(2)}`;
  if (unit === 'calls') return value.toFixed(2);
  if (unit === 'B') return `${value.toFixed(0)} B`;
  if (value < 1e3) return `${value.toPrecision(3)} ns`;
  if (value < 1e6) return `${(value / 1e3).toPrecision(3)} us`;
  if (value < 1e9) return `${(value / 1e6).toPrecision(3)} ms`;
  return `${(value / 1e9).toPrecision(3)} s`;
}

/** "1.00 us .. 1.20 us", the lowest and the highest sample. */
export function formatRange(samples: readonly number[], unit: Unit): string {
  return `${formatFigure(Math.min(...samples), unit)} .. ${formatFigure(Math.max(...samples), unit)}`;
}

/** Ours divided by a rival. An empty text if there is no such ratio. */
export function formatRatio(ratio: number | undefined): string {
  return ratio === undefined ? '' : ratio.toFixed(ratio < 0.1 ? 4 : 2);
}

const HEADER = ['', 'figure', 'median', 'min .. max', 'ours / this'];

/** One row for each figure. A trial without figures has one row with the reason. */
function rows(benchmark: Benchmark, trial: TrialResult): string[][] {
  const figures = Object.entries(benchmark.figures).flatMap(([name, { title, unit }]) => {
    const samples = trial.samples[name];
    if (samples === undefined) return [];
    const ratio = trial.oursToThis[name];
    return [[title, formatFigure(trial.medians[name] ?? NaN, unit), formatRange(samples, unit), formatRatio(ratio)]];
  });
  const why = trial.missing !== undefined ? `missing: ${trial.missing}` : trial.failed && `FAILED: ${trial.failed}`;
  if (why !== undefined) figures.push([why]);
  return figures.map((row, index) => [index === 0 ? trial.name : '', ...row]);
}

/** Pads the columns. The last cell of a shorter row may have any length, so that a reason does not widen the table. */
function table(lines: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_, column) => {
    const cells = lines.filter((line) => line.length === HEADER.length).map((line) => line[column] ?? '');
    const names = column === 0 ? lines.map((line) => line[0] ?? '') : [];
    return Math.max(...[...cells, ...names].map((cell) => cell.length));
  });
  return lines
    .map((line) => `  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

/** The text of a target's result: a ratio as a number, any other value in its unit. */
export function describeTarget(
  { figures }: Benchmark,
  target: Target | undefined,
  { text, value, verdict: word, limit }: TargetResult,
): string {
  const unit = target?.against === undefined ? figures[target?.figure ?? '']?.unit : undefined;
  const judged = word.toUpperCase();
  if (value === null) return `${text}: ${judged}`;
  const shown = unit === undefined ? value.toFixed(value < 100 ? 3 : 0) : formatFigure(value, unit);
  const least = limit === undefined ? '' : ` (${target?.limit ?? 'limit'}: ${limit.toFixed(3)})`;
  return `${text}: ${shown}, ${judged}${least}`;
}

/** The table of one benchmark, with its targets below it. */
export function reportBenchmark(benchmark: Benchmark, result: BenchmarkResult, effort: Effort): string {
  const quick = effort === 'quick' && benchmark.quickSize !== undefined ? `quick: ${benchmark.quickSize}, ` : '';
  const judged = result.targets.map(
    (target, index) => `  target ${describeTarget(benchmark, benchmark.targets[index], target)}`,
  );
  return [
    `${result.name}  (${quick}${result.fileSystem}, ${result.rounds} rounds)`,
    ...benchmark.description.map((line) => `  ${line}`),
    '',
    table([HEADER, ...result.trials.flatMap((trial) => rows(benchmark, trial))]),
    '',
    ...judged,
    '',
  ].join('\n');
}

/** One line about the machine. */
export function reportMachine({ node, cpu, cpus, kernel, mapdirect }: Machine): string {
  return `mapdirect ${mapdirect}, node ${node}, ${kernel}, ${cpus} x ${cpu}. Machines are shared: only ratios count.\n`;
}

/** The text of --list. */
export function listing(benchmarks: readonly Benchmark[]): string {
  return benchmarks
    .map(({ name, description: what, trials, targets }) =>
      [
        name,
        ...what.map((line) => `  ${line}`),
        `  trials: ${trials.map((trial) => trial.name).join(', ')}`,
        ...targets.map(({ text }) => `  target: ${text}`),
        '',
      ].join('\n'),
    )
    .join('\n');
}
