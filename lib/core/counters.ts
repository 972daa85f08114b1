import type { Granularity } from './granularity.js';
import { registryPart } from './registry.js';

/**
 * Adds up the counts of all threads of the process. @param into - receives them. @returns 0, or a negative errno.
 */
export type SumCounters = (into: Float64Array) => number;

/** The counts of one thread, of all copies of the package. */
interface Counters {
  /** In memory that other threads read, as soon as the addon is loaded. */
  values: Float64Array;
  /** undefined: the values are this thread's alone. */
  sum: SumCounters | undefined;
}

/** The number of elements of {@link Counters.values}: kCount in src-native/thread/counts.h. */
export const COUNTERS = 32;

/**
 * The upper bounds of the histogram of flush times, in milliseconds. A flush that took longer than all of them is in
 * one more bucket.
 */
export const FLUSH_BOUNDS = Object.freeze([0.1, 1, 10, 100, 1000] as const);

// The elements. Those before 16 count what is there now, and end with their thread. The next ones are sums since the
// start of the thread, and the last one is a maximum.
const FIRST_BUCKET = 20;
const LONGEST = 31;

/** The element of each count. */
export const counter = Object.freeze({
  mappings: Object.freeze<Record<Granularity, number>>({ byte: 0, 'cache-line': 1, page: 2 }),
  bytes: Object.freeze<Record<Granularity, number>>({ byte: 3, 'cache-line': 4, page: 5 }),
  seals: 6,
  registrations: 7,
  leaked: 16,
  flushes: 17,
  failures: 18,
  milliseconds: 19,
  firstBucket: FIRST_BUCKET,
  longest: LONGEST,
});

const counters = registryPart<Counters>('counters', () => ({ values: new Float64Array(COUNTERS), sum: undefined }));

/** Adds to one count of this thread. */
export function count(element: number, by = 1): void {
  const { values } = counters;
  values[element] = (values[element] ?? 0) + by;
}

/** Takes note of a flush that took `milliseconds`. */
export function countFlush(milliseconds: number): void {
  const { values } = counters;
  const bucket = FLUSH_BOUNDS.findIndex((bound) => milliseconds <= bound);
  count(counter.flushes);
  count(counter.milliseconds, milliseconds);
  count(FIRST_BUCKET + (bucket < 0 ? FLUSH_BOUNDS.length : bucket));
  if (milliseconds > (values[LONGEST] ?? 0)) values[LONGEST] = milliseconds;
}

/** The counts of this thread. Not to be written to. */
export function ownCounters(): Float64Array {
  return counters.values;
}

/** The function that adds up the counts of all threads; undefined: the addon is not loaded in this thread. */
export function sumCounters(): SumCounters | undefined {
  return counters.sum;
}

/** From now on the counts of this thread are in `memory`, which other threads read. Only the first call counts. */
export function shareCounters(makeMemory: () => ArrayBuffer | number, sum: SumCounters): void {
  if (counters.sum !== undefined) return;
  const memory = makeMemory();
  if (typeof memory === 'number') return; // a runtime that forbids external memory
  const shared = new Float64Array(memory);
  shared.set(counters.values);
  counters.values = shared;
  counters.sum = sum;
}
