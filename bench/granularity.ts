import { map, type Granularity, type Mapping } from '../lib/index.js';
import type { Trial } from './benchmark.js';

/** Makes memory in /dev/shm stand in for persistent memory, for our trials. */
export const CACHE_LINE: Trial['environment'] = { MAPDIRECT_FORCE_GRANULARITY: 'cache-line' };

/** What there really is, whatever the one who runs the benchmarks has set. */
export const UNFORCED: Trial['environment'] = { MAPDIRECT_FORCE_GRANULARITY: '' };

/** A mapping of the file. @throws Error when it has another granularity: a trial must not take msync for cache lines, or the other way round. */
export function mapAs(granularity: Granularity, file: string): Mapping {
  const mapping = map(file);
  if (mapping.durability.granularity === granularity) return mapping;
  throw new Error(
    `the granularity is '${mapping.durability.granularity}', not '${granularity}': see MAPDIRECT_FORCE_GRANULARITY`,
  );
}
