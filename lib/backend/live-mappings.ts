import { registryPart } from '../core/registry.js';

/** Live mappings of this thread, whichever copy of the package made them. */
export const mappingCounts = registryPart('mappings', () => ({
  /** By granularity. */
  mappings: { byte: 0, 'cache-line': 0, page: 0 },
  bytes: { byte: 0, 'cache-line': 0, page: 0 },
  /** Mappings that were never closed and that garbage collection unmapped. */
  leaked: 0,
}));

/** The number of live mappings of this thread. */
export function liveMappings(): number {
  const { mappings } = mappingCounts;
  return mappings.byte + mappings['cache-line'] + mappings.page;
}
