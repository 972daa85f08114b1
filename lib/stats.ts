import type { Granularity } from './core/granularity.js';
import { liveRegistrations } from './registration/records.js';
import { sealedInodes } from './seals/sealed-inodes.js';
import { mappingCounts, liveMappings } from './backend/live-mappings.js';

/** The result of {@link stats}: counts of this thread. Sizes are in bytes. */
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
}

/**
 * Counts the mappings, seals and registrations of this thread. Each worker thread has its own counts.
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
    registrations: liveRegistrations(),
    leaked,
  };
}
