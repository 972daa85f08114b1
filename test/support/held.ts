import { stats, type Stats } from '../../lib/index.js';

/** What this thread holds: stats() without its history of flushes. */
export function held(): Omit<Stats, 'flushes'> {
  const { flushes, ...rest } = stats();
  if (flushes.failures > flushes.count) throw new Error('more failures than flushes');
  return rest;
}
