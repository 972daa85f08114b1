import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Benchmark, Budget, Effort, Figures, Target, Trial } from './benchmark.js';
import { workingDirectory } from './facts/working-directory.js';
import { median, medianRatio } from './statistics.js';

const execute = promisify(execFile);

/** Much longer than any trial takes. It ends a rival that hangs. */
const TRIAL_TIMEOUT_MS = 180_000;

/** The samples of one trial, one per round; or the reason why there are none. */
export interface TrialResult {
  readonly name: string;
  readonly role: Trial['role'];
  readonly missing?: string;
  readonly failed?: string;
  readonly samples: Readonly<Record<string, readonly number[]>>;
  readonly medians: Figures;
  /** Of a rival: for each figure that both have, the median over the rounds of ours divided by the rival's. */
  readonly oursToThis: Figures;
}

export interface TargetResult {
  readonly text: string;
  /** The judged value: ours / rival, or rival / ours for a rate. null: the rival or ours is missing. */
  readonly value: number | null;
  /** 'at the limit': {@link Target.limit} misses it, too. */
  readonly verdict: 'met' | 'missed' | 'at the limit' | 'not judged';
  /** The value that {@link Target.limit} has. */
  readonly limit?: number;
}

export interface BenchmarkResult {
  readonly name: string;
  /** From statfs(2), e.g. 'tmpfs', 'ext4'. */
  readonly fileSystem: string;
  /** The number of rounds that ran. */
  readonly rounds: number;
  readonly trials: readonly TrialResult[];
  readonly targets: readonly TargetResult[];
}

/** A trial during the run, with its results so far. */
interface TrialRun {
  readonly trial: Trial;
  readonly missing: string | undefined;
  failed: string | undefined;
  readonly samples: Record<string, number[]>;
}

function parseFigures(output: string): Figures {
  const parsed: unknown = JSON.parse(output);
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`printed no figures: ${output}`);
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`printed ${name}: ${String(value)}`);
  }
  return parsed as Figures;
}

async function runTrial(trial: Trial, directory: string, effort: Effort): Promise<Figures> {
  const [program, ...args] = trial.command(directory, effort);
  const { stdout } = await execute(program, args, {
    timeout: TRIAL_TIMEOUT_MS,
    // Never measure the emulation in place of an addon that does not load.
    env: { ...process.env, MAPDIRECT_BACKEND: 'native', ...trial.environment },
  });
  return parseFigures(stdout);
}

/** The most useful line of a failed child's output. */
function failure(error: unknown): string {
  const { stderr = '', signal, message } = error as Error & { stderr?: string; signal?: string | null };
  const line = stderr.split('\n').find((text) => /^\w*error\b/i.test(text)) ?? (stderr.trim() || message);
  return (typeof signal === 'string' ? `killed by ${signal}: ` : '') + (line.trim().split('\n')[0] ?? '');
}

/** @param ours - our samples by figure. They may come from several trials. */
function summarise({ trial, missing, failed, samples }: TrialRun, ours: TrialRun['samples']): TrialResult {
  const figures = Object.entries(samples);
  const compared = trial.role === 'rival' ? figures.filter(([name]) => name in ours) : [];
  return {
    name: trial.name,
    role: trial.role,
    ...(missing === undefined ? {} : { missing }),
    ...(failed === undefined ? {} : { failed }),
    samples,
    medians: Object.fromEntries(figures.map(([name, values]) => [name, median(values)])),
    oursToThis: Object.fromEntries(compared.map(([name, values]) => [name, medianRatio(ours[name] ?? [], values)])),
  };
}

/** The limit's figure beside the rival's, as ours would be judged. undefined: one of them is missing. */
function limitOf({ figure, against, asRate = false, limit }: Target, trials: readonly TrialResult[]) {
  const samplesOf = (wanted: string | undefined) => trials.find(({ name }) => name === wanted)?.samples[figure];
  const [least, rival] = [samplesOf(limit), samplesOf(against)];
  if (least === undefined || rival === undefined) return undefined;
  const ratio = medianRatio(least, rival);
  return asRate ? 1 / ratio : ratio;
}

/** The verdict on a target. */
export function judge(target: Target, trials: readonly TrialResult[]): TargetResult {
  const { text, figure, against, asRate = false } = target;
  const found =
    against === undefined
      ? trials.find(({ role, medians }) => role === 'ours' && figure in medians)?.medians[figure]
      : trials.find(({ name }) => name === against)?.oursToThis[figure];
  if (found === undefined) return { text, value: null, verdict: 'not judged' };
  const value = asRate ? 1 / found : found;
  if (target.met(value)) return { text, value, verdict: 'met' };
  const limit = limitOf(target, trials);
  if (limit === undefined) return { text, value, verdict: 'missed' };
  return { text, value, verdict: target.met(limit) ? 'missed' : 'at the limit', limit };
}

/** How much runs. */
export interface Run {
  readonly effort: Effort;
  /** Exactly this number of rounds. Undefined: as many as the budget allows. */
  readonly rounds?: number;
  /** Called with a text about the next trial. */
  readonly progress: (text: string) => void;
}

/** Whether another round fits into the budget, if it takes as long as the longest one before it. */
export function fits({ rounds, seconds }: Budget, times: readonly number[], elapsed: number): boolean {
  return times.length < rounds && (times.length === 0 || elapsed + Math.max(...times) <= seconds);
}

/** One run of each trial. A trial that has failed does not run again. */
async function runRound(entries: readonly TrialRun[], directory: string, effort: Effort, progress: Run['progress']) {
  for (const entry of entries) {
    if (entry.missing !== undefined || entry.failed !== undefined) continue;
    progress(entry.trial.name);
    try {
      for (const [name, value] of Object.entries(await runTrial(entry.trial, directory, effort)))
        (entry.samples[name] ??= []).push(value);
    } catch (error) {
      entry.failed = failure(error);
    }
  }
}

/** Runs the rounds in a new directory with the prepared files. Returns the number of rounds. */
async function runRounds(benchmark: Benchmark, run: Run, entries: readonly TrialRun[], directory: string) {
  const seconds = (): number => performance.now() / 1000;
  const start = seconds();
  const { effort, rounds } = run;
  const budget = rounds === undefined ? benchmark.budgets[effort] : { rounds, seconds: Infinity };
  const times: number[] = [];
  if (entries.every(({ missing }) => missing !== undefined)) return 0;
  benchmark.prepare(directory, effort);
  while (fits(budget, times, seconds() - start)) {
    const before = seconds();
    const title = `${benchmark.name}: round ${times.length + 1} of ${budget.rounds}`;
    await runRound(entries, directory, effort, (name) => run.progress(`${title}: ${name}`));
    times.push(seconds() - before);
  }
  return times.length;
}

/**
 * Runs every trial of a benchmark, interleaved (A B C A B C ...), each time in a new child process. The files are in a
 * new directory that is removed afterwards.
 */
export async function runBenchmark(benchmark: Benchmark, run: Run): Promise<BenchmarkResult> {
  const location = workingDirectory(benchmark.medium);
  const entries = benchmark.trials.map((trial): TrialRun => {
    return { trial, missing: location.unfit ?? trial.available(), failed: undefined, samples: {} };
  });
  const directory = fs.mkdtempSync(path.join(location.directory, 'mapdirect-bench-'));
  const remove = (): void => fs.rmSync(directory, { recursive: true, force: true });
  // process.exit() in the Ctrl-C handler of main.ts skips the `finally` below.
  process.once('exit', remove);
  let rounds: number;
  try {
    rounds = await runRounds(benchmark, run, entries, directory);
  } finally {
    remove();
    process.removeListener('exit', remove);
  }
  const ours = entries.filter(({ trial }) => trial.role === 'ours');
  const figures = Object.assign({}, ...ours.map(({ samples }) => samples)) as TrialRun['samples'];
  const trials = entries.map((entry) => summarise(entry, figures));
  const targets = benchmark.targets.map((target) => judge(target, trials));
  return { name: benchmark.name, fileSystem: location.fileSystem, rounds, trials, targets };
}
