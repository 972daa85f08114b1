import type { Access } from '../core/access.js';
import type { Durability } from '../durability/durability.js';

/** The plain data of a Mapping that is printed or logged. */
export interface MappingInfo {
  readonly path?: string;
  /** Bytes, as of the Mapping: the length of a closed one is 0. */
  readonly offset: number;
  readonly length: number;
  readonly access: Access;
  readonly closed: boolean;
  readonly faulted: boolean;
  /** Granularity, method and domain in one line. */
  readonly durability: string;
}

/** 'page, msync, storage' */
function durabilityLine({ granularity, method, domain, backend, forced }: Durability): string {
  return [
    granularity,
    method,
    domain,
    ...(backend === 'emulated' ? ['emulated'] : []),
    ...(forced ? ['forced'] : []),
  ].join(', ');
}

/** Mapping.toJSON(). */
export function mappingInfo(
  mapping: Omit<MappingInfo, 'durability'> & { readonly durability: Durability },
): MappingInfo {
  const { path, offset, length, access, closed, faulted, durability } = mapping;
  return {
    ...(path === undefined ? {} : { path }),
    offset,
    length,
    access,
    closed,
    faulted,
    durability: durabilityLine(durability),
  };
}
