/** What a trial prints, as one line of JSON: figure name to number. */
export type Figures = Readonly<Record<string, number>>;

/** How a figure is shown. `ns`, `B` and `calls` (of the system) are per operation; `x` is a ratio that the trial itself took. */
export type Unit = 'ns' | 'B' | 'x' | 'calls';

/** One contestant, run in a child process of its own once a round. */
export interface Trial {
  readonly name: string;
  /** `ours` (several trials of ours give different figures) is compared with every `rival`; `control` shows how much the machine's noise alone makes. */
  readonly role: 'ours' | 'rival' | 'control';
  /** Why it cannot run here and how to get it; undefined when it can. Asked once, before the first round. */
  available(): string | undefined;
  /**
   * The program and its arguments; it prints one JSON line of {@link Figures} and exits with 0.
   *
   * @param directory - where {@link Benchmark.medium} says, with what {@link Benchmark.prepare} put there.
   */
  command(directory: string): readonly [program: string, ...args: string[]];
  /** Variables that the program gets besides those of the run. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What performance.md asks for: a ratio within one run, never a time. */
export interface Target {
  readonly text: string;
  /** Of a trial whose role is `ours`. */
  readonly figure: string;
  /** Name of the rival to divide by; without one, the figure itself is judged. */
  readonly against?: string;
  /** The target is a rate (bytes, records): figures are times, so the ratio is turned over before it is judged. */
  readonly asRate?: boolean;
  met(value: number): boolean;
}

/** Where the files of a benchmark lie: 'memory' is /dev/shm, which stands in for pmem; 'disk' see working-directory.ts. */
export type Medium = 'memory' | 'disk';

/** A benchmark, as data; runner.ts runs it and report.ts prints it. */
export interface Benchmark {
  readonly name: string;
  /** What is measured, and what is not. One line each. */
  readonly description: readonly string[];
  readonly figures: Readonly<Record<string, { readonly title: string; readonly unit: Unit }>>;
  readonly medium: Medium;
  /** Without --rounds. */
  readonly rounds: number;
  readonly trials: readonly Trial[];
  readonly targets: readonly Target[];
  /** Makes the files that the trials work on, in a fresh directory. */
  prepare(directory: string): void;
}

/** A target of at most `limit` times the rival. `of` names the figure, where a benchmark has several. */
export function atMost(limit: number, figure: string, against: string, of?: string): Target {
  return { text: `${prefix(of)}<= ${limit} x ${against}`, figure, against, met: (ratio) => ratio <= limit };
}

/** A target of at least `factor` times as many bytes or records in the same time as the rival. */
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
