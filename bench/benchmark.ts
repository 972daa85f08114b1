/** The output of a trial, one line of JSON: figure name to number. */
export type Figures = Readonly<Record<string, number>>;

/**
 * The unit of a figure. `ns`, `B` and `calls` (system calls) are per operation. `x` is a ratio within one trial.
 * `power` is the exponent with which a cost grows: 0 is a steady cost, 1 is a cost in proportion.
 */
export type Unit = 'ns' | 'B' | 'x' | 'calls' | 'power';

/** How much a run does. 'quick' is for a first look: fewer rounds, and smaller work where a round takes long. */
export type Effort = 'full' | 'quick';

/** The most that a benchmark may take. */
export interface Budget {
  readonly rounds: number;
  /** From the start of {@link Benchmark.prepare}. A round that would end later does not begin, except for the first. */
  readonly seconds: number;
}

/** One contestant. It runs once per round, each time in a new child process. */
export interface Trial {
  readonly name: string;
  /**
   * Every `rival` is compared with `ours`. If several trials are `ours`, they have different figures. `control` shows
   * the noise of the machine.
   */
  readonly role: 'ours' | 'rival' | 'control';
  /**
   * The reason why the trial cannot run here, with the remedy; undefined: it can. Called once, before the first round.
   */
  available(): string | undefined;
  /**
   * The program and its arguments. The program prints one JSON line of {@link Figures} and exits with 0.
   *
   * @param directory - the directory on {@link Benchmark.medium} with the files of {@link Benchmark.prepare}.
   */
  command(directory: string, effort: Effort): readonly [program: string, ...args: string[]];
  /** Environment variables of the program, in addition to those of the run. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A goal for one figure: a ratio within one run, or a number of bytes or calls. */
export interface Target {
  readonly text: string;
  /** A figure of a trial whose role is `ours`. */
  readonly figure: string;
  /** The rival to divide by. Without it the figure itself is judged. */
  readonly against?: string;
  /** The target is a rate (bytes, records). Figures are times, so the inverse of the ratio is judged. */
  readonly asRate?: boolean;
  /**
   * A rival that does only what the machine or the runtime makes us do. If it misses the target as well, the target is
   * at the limit: not ours to miss.
   */
  readonly limit?: string;
  met(value: number): boolean;
}

/** The medium of the files. 'memory': /dev/shm in place of persistent memory. Else see working-directory.ts. */
export type Medium = 'memory' | 'disk' | 'xfs';

/** A benchmark, as data. runner.ts runs it, and report.ts prints its results. */
export interface Benchmark {
  readonly name: string;
  /** The size of the work of a quick run, if it is less than the name says. */
  readonly quickSize?: string;
  /** Lines about what is measured and what is not. */
  readonly description: readonly string[];
  readonly figures: Readonly<Record<string, { readonly title: string; readonly unit: Unit }>>;
  readonly medium: Medium;
  /** For a run without --rounds. All budgets together are 15 minutes, or 2 minutes for --quick. */
  readonly budgets: Readonly<Record<Effort, Budget>>;
  readonly trials: readonly Trial[];
  readonly targets: readonly Target[];
  /** Makes the files for the trials, in a new directory. */
  prepare(directory: string, effort: Effort): void;
  /** The picture in docs/pictures. */
  readonly picture?: Picture;
}

/** Bars of a benchmark's medians on a logarithmic scale, ours beside each rival. */
export interface Picture {
  /** The file name, without its extension. */
  readonly name: string;
  readonly title: string;
  /** The figures to show, in this order. Their units are equal. */
  readonly figures: readonly string[];
}

/** The budgets of a benchmark: rounds and seconds of a full run, then of a quick one. */
export function budgets(
  rounds: number,
  seconds: number,
  quickRounds: number,
  quickSeconds: number,
): Benchmark['budgets'] {
  return { full: { rounds, seconds }, quick: { rounds: quickRounds, seconds: quickSeconds } };
}

/** A number of operations that depends on the effort. */
export function byEffort<T>(full: T, quick: T): (effort: Effort) => T {
  return (effort) => (effort === 'full' ? full : quick);
}

/** A target of at most `limit` times the rival. `of` names the figure if the benchmark has several. */
export function atMost(limit: number, figure: string, against: string, of?: string): Target {
  return { text: `${prefix(of)}<= ${limit} x ${against}`, figure, against, met: (ratio) => ratio <= limit };
}

/** A target of at least `factor` times the bytes or records of the rival in the same time. */
export function atLeast(factor: number, figure: string, against: string, of?: string): Target {
  return {
    text: `${prefix(of)}>= ${factor} x ${against}`,
    figure,
    against,
    asRate: true,
    met: (rate) => rate >= factor,
  };
}

/** The target with the rival that shows the limit. */
export function limitedBy(limit: string, target: Target): Target {
  return { ...target, limit };
}

function prefix(of: string | undefined): string {
  return of === undefined ? '' : `${of}: `;
}
