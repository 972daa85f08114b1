import { selectBackend } from './backend/select.js';
import { GET_NATIVE } from './backend/remedy.js';
import { checkOptions } from './core/check-options.js';
import { counter, COUNTERS, FLUSH_BOUNDS, ownCounters, sumCounters } from './core/counters.js';
import { checked, errno, systemError } from './core/errors.js';
import type { Granularity } from './core/granularity.js';
import { checkFlag } from './core/validators.js';
import { liveRegistrations } from './registration/records.js';

/** Options of {@link stats}. */
export interface StatsOptions {
  /** Count all threads of the process, also those that have ended. Default: false, this thread alone. */
  process?: boolean | undefined;
}

/** Flushes of pages: msync(2), or the write-back of the emulation. Those that failed count, too. */
export interface FlushStats {
  /** Flushes that ended. */
  count: number;
  /** Flushes that failed: their bytes may not be durable. */
  failures: number;
  /** The time of all flushes together, in milliseconds. */
  milliseconds: number;
  /** The time of the longest flush, in milliseconds. */
  longest: number;
  /**
   * How many flushes took at most so many milliseconds, and longer than the bound before. The last bound is Infinity.
   */
  histogram: { upTo: number; count: number }[];
}

/** The result of {@link stats}. Sizes are in bytes. */
export interface Stats {
  /** Live mappings: neither closed nor collected by garbage collection. */
  mappings: number;
  /** The lengths of the live mappings together. */
  bytes: number;
  /** The live mappings and their bytes, for each `durability.granularity`. */
  byGranularity: Record<Granularity, { mappings: number; bytes: number }>;
  /** Seals that are held. */
  seals: number;
  /** Registrations whose end is not confirmed. */
  registrations: number;
  /** Mappings that were never closed, and that garbage collection unmapped, since the start of the thread. */
  leaked: number;
  /**
   * Flushes of pages since the start of the thread, by all members of Mapping that make stores durable. Not among them:
   * flushes of cache lines, which take nanoseconds, and flushes of memory without a disk (tmpfs, {@link anonymous}).
   */
  flushes: FlushStats;
}

/** The counts of all threads. @throws EOPNOTSUPP: the emulation. */
function allCounters(): Float64Array {
  selectBackend('auto'); // loads the addon
  const sum = sumCounters();
  if (sum === undefined) {
    const why = `the emulation knows only the counts of its own thread: call stats() in each thread, or ${GET_NATIVE}`;
    throw systemError(errno.EOPNOTSUPP, 'stats', undefined, why);
  }
  const values = new Float64Array(COUNTERS);
  checked(sum(values), 'stats');
  return values;
}

function flushesOf(at: (element: number) => number): FlushStats {
  return {
    count: at(counter.flushes),
    failures: at(counter.failures),
    milliseconds: at(counter.milliseconds),
    longest: at(counter.longest),
    histogram: [...FLUSH_BOUNDS, Infinity].map((upTo, i) => ({ upTo, count: at(counter.firstBucket + i) })),
  };
}

function statsOf(values: Float64Array): Stats {
  const at = (element: number): number => values[element] ?? 0;
  const of = (granularity: Granularity): { mappings: number; bytes: number } => ({
    mappings: at(counter.mappings[granularity]),
    bytes: at(counter.bytes[granularity]),
  });
  const byGranularity = { byte: of('byte'), 'cache-line': of('cache-line'), page: of('page') };
  const kinds = Object.values(byGranularity);
  return {
    mappings: kinds.reduce((sum, { mappings }) => sum + mappings, 0),
    bytes: kinds.reduce((sum, { bytes }) => sum + bytes, 0),
    byGranularity,
    seals: at(counter.seals),
    registrations: at(counter.registrations),
    leaked: at(counter.leaked),
    flushes: flushesOf(at),
  };
}

/**
 * Counts the mappings, seals, registrations and flushes of this thread. Each worker thread has its own counts. With
 * `process: true` it counts all threads of the process in one call: of those that have ended, the leaks and flushes.
 *
 * Not promised: one moment for all threads, since the others go on meanwhile. Two copies of the package that are loaded
 * in different threads do not know of each other.
 *
 * @param options - See {@link StatsOptions}.
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for wrong options. With `process: true`: EOPNOTSUPP on the
 *   emulation, ERR_BACKEND_UNAVAILABLE if the binary does not load.
 * @example
 * const { map, stats } = require('mapdirect');
 * const mapping = map('data.bin', { access: 'read' });
 * console.log(stats().mappings, stats().bytes); // 1 1048576
 * mapping.close();
 * console.log(stats().mappings, stats().flushes.failures); // 0 0
 * @example
 * // Native only: the emulation knows only its own thread.
 * const { map, stats } = require('mapdirect');
 * const mapping = map('data.bin');
 * console.log(stats({ process: true }).mappings); // 1
 * mapping.close();
 */
export function stats(options?: StatsOptions): Stats {
  const given = checkOptions<StatsOptions>(options, 'options', ['process']);
  const isOfProcess = checkFlag(given.process, 'options.process');
  const registrations = liveRegistrations(); // also takes note of those that have ended
  return isOfProcess ? statsOf(allCounters()) : { ...statsOf(ownCounters()), registrations };
}
