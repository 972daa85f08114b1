/** The output of a trial, one line of JSON: figure name to number. */
export type Figures = Readonly<Record<string, number>>;

/** The unit of a figure. `ns`, `B` and `calls` (system calls) are per operation. `x` is a ratio within one trial. */
export type Unit = 'ns' | 'B' | 'x' | 'calls';

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
  command(directory: string): readonly [program: string, ...args: string[]];
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
  met(value: number): boolean;
}

/** The medium of the files. 'memory': /dev/shm in place of persistent memory. 'disk': see working-directory.ts. */
export type Medium = 'memory' | 'disk';

/** A benchmark, as data. runner.ts runs it, and report.ts prints its results. */
export interface Benchmark {
  readonly name: string;
  /** Lines about what is measured and what is not. */
  readonly description: readonly string[];
  readonly figures: Readonly<Record<string, { readonly title: string; readonly unit: Unit }>>;
  readonly medium: Medium;
  /** The number of rounds without --rounds. */
  readonly rounds: number;
  readonly trials: readonly Trial[];
  readonly targets: readonly Target[];
  /** Makes the files for the trials, in a new directory. */
  prepare(directory: string): void;
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

function prefix(of: string | undefined): string {
  return of === undefined ? '' : `${of}: `;
}
