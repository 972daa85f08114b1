/** One of the two ways to do the work of a row. */
export interface Way {
  readonly name: string;
  /** Does the work `count` times. */
  run(count: number): void | Promise<void>;
}

/** Work that is done in both ways. */
export interface BenchRow {
  readonly name: string;
  readonly ours: Way;
  readonly other: Way;
  /** The most times in one sample. Default: as often as its time allows. */
  readonly most?: number;
}

/** The result of a row: medians over the rounds. */
export interface Measured {
  readonly name: string;
  readonly ours: { readonly name: string; readonly nanoseconds: number };
  readonly other: { readonly name: string; readonly nanoseconds: number };
  /** The time of ours divided by that of the other, within one round. */
  readonly ratio: { readonly median: number; readonly lowest: number; readonly highest: number };
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Milliseconds of all samples together. */
  readonly budget: number;
  /** Called before each sample and lets signals in. Throws to end the measurement. */
  readonly onSample: (done: number, total: number, name: string) => Promise<void>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The time of one sample in milliseconds. It is never 0: the ratio of two samples is a number. */
async function timeOf(way: Way, count: number): Promise<number> {
  const start = performance.now();
  const promise = way.run(count);
  if (promise !== undefined) await promise;
  return Math.max(performance.now() - start, 1e-6);
}

/** How often the work fits into a sample. This is the warm-up, too. */
async function calibrate(way: Way, milliseconds: number, most: number): Promise<number> {
  for (let count = 1; ;) {
    const time = await timeOf(way, count);
    const fitting = Math.min(most, Math.max(1, Math.round((count * milliseconds) / time)));
    if (time >= milliseconds / 2 || fitting <= count) return fitting;
    count = Math.min(fitting, count * 8);
  }
}

/** A row while it is measured. Times are nanoseconds of one operation, one for each round. */
class RowTimes {
  readonly times = { ours: [] as number[], other: [] as number[] };
  readonly counts = { ours: 1, other: 1 };

  constructor(readonly row: BenchRow) {}

  async sample(side: 'ours' | 'other'): Promise<void> {
    const count = this.counts[side];
    this.times[side].push(((await timeOf(this.row[side], count)) * 1e6) / count);
  }

  result(): Measured {
    const { name, ours, other } = this.row;
    const ratios = this.times.ours.map((time, round) => time / (this.times.other[round] ?? NaN));
    return {
      name,
      ours: { name: ours.name, nanoseconds: median(this.times.ours) },
      other: { name: other.name, nanoseconds: median(this.times.other) },
      ratio: { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) },
    };
  }
}

/**
 * Measures all rows in rounds, so that slow changes of the machine meet all of them. Within a round the two ways of a
 * row follow each other, and their order changes with each round.
 */
export async function measure(
  rows: readonly BenchRow[],
  { rounds, budget, onSample }: MeasureOptions,
): Promise<Measured[]> {
  const measured = rows.map((row) => new RowTimes(row));
  const total = rows.length * 2 * (rounds + 1);
  const milliseconds = budget / total;
  let done = 0;
  for (let round = 0; round <= rounds; round++) {
    const sides = round % 2 === 0 ? (['ours', 'other'] as const) : (['other', 'ours'] as const);
    for (const each of measured) {
      for (const side of sides) {
        await onSample(done++, total, each.row.name);
        if (round > 0) await each.sample(side);
        else each.counts[side] = await calibrate(each.row[side], milliseconds, each.row.most ?? Infinity);
      }
    }
  }
  return measured.map((each) => each.result());
}
