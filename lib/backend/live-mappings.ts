import { registryPart } from '../core/registry.js';

/** The live mappings of this thread, of all copies of the package. */
export const mappingCounts = registryPart('mappings', () => ({
  /** By granularity. */
  mappings: { byte: 0, 'cache-line': 0, page: 0 },
  bytes: { byte: 0, 'cache-line': 0, page: 0 },
  /** Mappings that garbage collection unmapped, because no caller closed them. */
  leaked: 0,
}));

/** The number of live mappings of this thread. */
export function liveMappings(): number {
  const { mappings } = mappingCounts;
  return mappings.byte + mappings['cache-line'] + mappings.page;
}
