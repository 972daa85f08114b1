import type { Granularity } from './core/granularity.js';
import { sealedInodes } from './seals/sealed-inodes.js';
import { mappingCounts, liveMappings } from './backend/live-mappings.js';

/** What {@link stats} returns: counts of this thread, sizes in bytes. */
export interface Stats {
  /** Live mappings: made, neither closed nor collected. */
  mappings: number;
  bytes: number;
  byGranularity: Record<Granularity, { mappings: number; bytes: number }>;
  /** Seals that are held. */
  seals: number;
  registrations: number;
  /** Mappings that nobody closed and garbage collection unmapped, since the start. */
  leaked: number;
}

/**
 * Counts of what this thread has mapped. Each worker thread has its own.
 *
 * @example
 * const { map, stats } = require('mapdirect');
 * const mapping = map('data.bin', { access: 'read' });
 * console.log(stats().mappings, stats().bytes); // 1 1048576
 * mapping.close();
 */
export function stats(): Stats {
  const { mappings, bytes, leaked } = mappingCounts;
  const of = (granularity: Granularity): { mappings: number; bytes: number } => ({
    mappings: mappings[granularity],
    bytes: bytes[granularity],
  });
  return {
    mappings: liveMappings(),
    bytes: bytes.byte + bytes['cache-line'] + bytes.page,
    byGranularity: { byte: of('byte'), 'cache-line': of('cache-line'), page: of('page') },
    seals: [...sealedInodes.values()].reduce((sum, { holders }) => sum + holders.size, 0),
    registrations: 0,
    leaked,
  };
}
