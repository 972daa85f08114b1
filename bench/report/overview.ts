import type { Benchmark } from '../benchmark.js';
import type { BenchmarkResult, TrialResult } from '../runner.js';
import { describeGroups, type Bar, type BarChart } from './bar-chart.js';
import { tickOf } from './tick.js';
import { formatFigure } from './terminal.js';

/** A job, and where the report has its figure. */
export interface Job {
  readonly label: string;
  readonly benchmark: string;
  readonly figure: string;
  /** The trial of mapdirect, and the trials of the programs that people use for the job today. */
  readonly ours: string;
  readonly rivals: readonly string[];
}

/** The picture of the README: a job that a mapping does better, and jobs where it gains little. */
export const jobs: readonly Job[] = [
  {
    label: 'Read 64 bytes anywhere in a file of 4 GiB (in the page cache)',
    benchmark: 'random reads in a file of 4 GiB, in the page cache',
    figure: '64',
    ours: 'mapdirect',
    rivals: ['fs.readSync', 'fs.promises'],
  },
  {
    label: 'Find the newlines in 1 MiB of a large file',
    benchmark: 'sequential scan of 4 GiB, in the page cache',
    figure: 'newlines',
    ours: 'mapdirect',
    rivals: ['fs.readSync', 'fs.createReadStream'],
  },
  {
    label: 'Hand 1 MiB to another process, and hear back',
    benchmark: 'hand-over of 1 MiB messages',
    figure: 'processP50',
    ours: 'mapdirect',
    rivals: ['Unix socket', 'process.send'],
  },
  {
    label: 'Make 75 changed pages of a file durable, all or none (mean)',
    benchmark: 'durable commit of 75 scattered pages of 64 MiB, on a disk',
    figure: 'mean',
    ours: 'mapdirect',
    rivals: ['better-sqlite3', 'lmdb'],
  },
  {
    label: 'Make one of 64 waiting records of 256 bytes durable, on a disk',
    benchmark: 'durable append of 256 B records, each way, on ext4',
    figure: 'flight64',
    ours: 'mapdirect, persistAsync',
    rivals: ['fs.promises datasync'],
  },
  {
    label: 'Append a record of 256 bytes, durable before the next, on a disk',
    benchmark: 'durable append of 256 B records, each way, on ext4',
    figure: 'single',
    ours: 'mapdirect',
    rivals: ['pwrite + fdatasync', 'lmdb', 'better-sqlite3'],
  },
];

function trialOf(result: BenchmarkResult, name: string): TrialResult | undefined {
  return result.trials.find((trial) => trial.name === name);
}

function barsOf(job: Job, result: BenchmarkResult, benchmark: Benchmark): Bar[] {
  const unit = benchmark.figures[job.figure]?.unit ?? 'ns';
  return [job.ours, ...job.rivals].flatMap((label) => {
    const trial = trialOf(result, label);
    const value = trial?.medians[job.figure];
    if (trial === undefined || value === undefined) return [];
    const ratio = trial.oursToThis[job.figure];
    const times = ratio === undefined ? '' : ` (${(1 / ratio).toPrecision(2)} x)`;
    return [{ label, value, shown: `${formatFigure(value, unit)}${times}`, isOurs: label === job.ours }];
  });
}

/** The jobs that the results allow: those with our figure and the figure of a rival. */
export function overviewOf(benchmarks: readonly Benchmark[], results: readonly BenchmarkResult[]): BarChart {
  const groups = jobs.flatMap((job) => {
    const benchmark = benchmarks.find(({ name }) => name === job.benchmark);
    const result = results.find(({ name }) => name === job.benchmark);
    if (benchmark === undefined || result === undefined) return [];
    const bars = barsOf(job, result, benchmark);
    return bars.length > 1 && bars[0]?.isOurs === true ? [{ label: job.label, bars }] : [];
  });
  return {
    title: 'The time of a job, beside the programs that people use today',
    description: `Median times on a logarithmic scale; a shorter bar is better. In brackets: the time of the rival divided by the time of mapdirect in the same round. ${describeGroups(groups)}`,
    groups,
    tick: tickOf('ns'),
  };
}
