import type { Access } from '../core/access.js';
import type { Durability } from '../durability/durability.js';

/** The plain data of a Mapping that is printed or logged. */
export interface MappingInfo {
  /** As map() got it. Missing: a descriptor, or memory without a file. */
  readonly path?: string;
  /** The start of the mapping in the file, in bytes. */
  readonly offset: number;
  /** Bytes; 0 after close(). */
  readonly length: number;
  /** The access that was asked for. */
  readonly access: Access;
  /** True after close(). */
  readonly closed: boolean;
  /** A part has no file behind it any more. */
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
