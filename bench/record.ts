import { medianOf } from './statistics.js';
import { nanoseconds } from './trial.js';

/** The length of a record of the append benchmarks, in bytes. A record begins with its number, as in a log. */
export const RECORD = 256;

const numbers = new Uint32Array(RECORD / 4).fill(0x5a5a5a5a);
const bytes = Buffer.from(numbers.buffer);

/** Record number `index`, in the same memory at each call. */
export function record(index: number): Buffer {
  numbers[0] = index;
  return bytes;
}

const BATCH = 20;

/**
 * Nanoseconds per record: the median over batches, `count` records together. The median leaves out the few batches with
 * the periodic work of the file system's journal, or with work of other users of the disk. A tenth of `count` is
 * appended before, as warm-up.
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
