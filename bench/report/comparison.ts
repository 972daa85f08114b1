import type { Benchmark, Unit } from '../benchmark.js';
import type { BenchmarkResult } from '../runner.js';
import { median, ratios, spread } from '../statistics.js';
import { formatFigure } from './terminal.js';

/** With fewer rounds, the spread of a run is unknown. */
export const FEWEST_ROUNDS = 3;

/**
 * A row is steady within this share, however near its samples are to each other: between two builds or starts of a
 * machine also the places of code and memory change.
 */
const STEADY = 0.05;

/** Something that two runs may be compared by: a ratio within a run, or bytes and calls. Never a time. */
export interface Row {
  /** Names benchmark, rival and figure. */
  readonly name: string;
  readonly unit: Unit;
  /** One for each round. A greater value is worse. */
  readonly values: readonly number[];
}

/** A row that is worse than before. */
export interface Regression {
  readonly name: string;
  readonly unit: Unit;
  readonly before: number;
  readonly now: number;
  /** The change that the noise of both runs explains. */
  readonly noise: number;
}

/** The comparison of two runs. */
export interface Comparison {
  readonly worse: readonly Regression[];
  /** The number of rows of which both runs have enough rounds. */
  readonly compared: number;
  /** Rows of this run that could not be compared, because one of the runs has no such row, or too few rounds. */
  readonly left: number;
}

/** The rows of a benchmark: of each rival the ratios, and of ours the figures that are not times. */
export function rowsOf(benchmark: Benchmark, { trials }: BenchmarkResult): Row[] {
  const ours = Object.fromEntries(
    trials.filter(({ role }) => role === 'ours').flatMap(({ samples }) => Object.entries(samples)),
  );
  const row = (trial: string, figure: string, unit: Unit, values: readonly number[]): Row => ({
    name: `${benchmark.name} | ${benchmark.figures[figure]?.title ?? figure} | ${trial}`,
    unit,
    values,
  });
  return trials.flatMap(({ name, role, samples }) =>
    Object.entries(samples).flatMap(([figure, values]) => {
      const unit = benchmark.figures[figure]?.unit ?? 'ns';
      if (role === 'rival' && figure in ours) return [row(name, figure, 'x', ratios(ours[figure] ?? [], values))];
      return role === 'ours' && unit !== 'ns' ? [row(name, figure, unit, values)] : [];
    }),
  );
}

/** Undefined: not worse than before by more than the noise. */
function regression(before: Row, now: Row): Regression | undefined {
  const [was, is] = [median(before.values), median(now.values)];
  const noise = spread(before.values) + spread(now.values) + STEADY * Math.abs(was);
  return is - was > noise ? { name: now.name, unit: now.unit, before: was, now: is, noise } : undefined;
}

/** @param before - the rows of the older run. @param now - the rows of this run. */
export function compareRows(before: readonly Row[], now: readonly Row[]): Comparison {
  const isKnown = ({ values }: Row): boolean => values.length >= FEWEST_ROUNDS && values.every(Number.isFinite);
  const known = new Map(before.filter(isKnown).map((row) => [row.name, row]));
  const pairs = now.filter(isKnown).flatMap((row) => {
    const old = known.get(row.name);
    return old === undefined ? [] : [[old, row] as const];
  });
  const worse = pairs.flatMap(([old, row]) => regression(old, row) ?? []);
  return { worse, compared: pairs.length, left: now.length - pairs.length };
}

/** The comparison as text. */
export function describeComparison({ worse, compared, left }: Comparison): string {
  const lines = worse.map(({ name, unit, before, now, noise }) => {
    const [was, is, most] = [before, now, noise].map((value) => formatFigure(value, unit));
    return `  WORSE ${name}: ${is}, before ${was}, noise ${most}`;
  });
  return [`compared ${compared} rows, ${worse.length} worse; not comparable: ${left}`, ...lines, ''].join('\n');
}
