import { map, type Granularity, type Mapping } from '../lib/index.js';
import type { Trial } from './benchmark.js';

/** For our trials: treats memory in /dev/shm as persistent memory. */
export const CACHE_LINE: Trial['environment'] = { MAPDIRECT_FORCE_GRANULARITY: 'cache-line' };

/** The granularity of the machine, even if the user of the benchmarks has forced another one. */
export const UNFORCED: Trial['environment'] = { MAPDIRECT_FORCE_GRANULARITY: '' };

/**
 * Maps the file.
 *
 * @throws Error if the mapping has another granularity: a trial for cache lines must not measure msync, or the other
 *   way round.
 */
export function mapAs(granularity: Granularity, file: string): Mapping {
  const mapping = map(file);
  if (mapping.durability.granularity === granularity) return mapping;
  throw new Error(
    `the granularity is '${mapping.durability.granularity}', not '${granularity}': see MAPDIRECT_FORCE_GRANULARITY`,
  );
}
