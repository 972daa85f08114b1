import { medianOf } from './statistics.js';
import { nanoseconds } from './trial.js';

/** What the append benchmarks append: {@link RECORD} bytes that begin with their number, as a log's do. */
export const RECORD = 256;

const numbers = new Uint32Array(RECORD / 4).fill(0x5a5a5a5a);
const bytes = Buffer.from(numbers.buffer);

/** Record number `index`; the same memory at each call. */
export function record(index: number): Buffer {
  numbers[0] = index;
  return bytes;
}

const BATCH = 20;

/**
 * Nanoseconds per record, median over batches of `count` records in all: the periodic work of a file system's journal, and
 * other users of the disk, are in a few of them. A tenth of the records goes before, as warm-up.
 *
 * @param append - appends the records [from, to).
 */
export function nanosecondsPerRecord(append: (from: number, to: number) => void, count: number): number {
  const warmUp = Math.ceil(count / 10);
  append(0, warmUp);
  const time = (batch: number): number =>
    nanoseconds(() => append(warmUp + batch * BATCH, warmUp + (batch + 1) * BATCH));
  return medianOf(Math.floor(count / BATCH), time) / BATCH;
}
