import { count, counter, ownCounters } from '../core/counters.js';
import type { Granularity } from '../core/granularity.js';

/** A mapping of this thread begins (`by` 1), or ends (-1). */
export function countMapping(granularity: Granularity, by: 1 | -1, bytes: number): void {
  count(counter.mappings[granularity], by);
  count(counter.bytes[granularity], by * bytes);
}

/** The number of live mappings of this thread. */
export function liveMappings(): number {
  const values = ownCounters();
  const { byte, page, 'cache-line': line } = counter.mappings;
  return (values[byte] ?? 0) + (values[line] ?? 0) + (values[page] ?? 0);
}
