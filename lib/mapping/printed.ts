import type { inspect as Inspect, InspectOptionsStylized } from 'node:util';
import type { Durability } from '../durability/durability.js';
import type { Access } from '../map/options.js';

/** What a Mapping says of itself where it is printed or logged; plain data. */
export interface MappingInfo {
  readonly path?: string;
  /** Bytes, as the Mapping has them: the length of a closed one is 0. */
  readonly offset: number;
  readonly length: number;
  readonly access: Access;
  readonly closed: boolean;
  readonly faulted: boolean;
  /** In a line: granularity, method, domain. */
  readonly durability: string;
}

/** 'page, msync, storage' */
export function durabilityLine({ granularity, method, domain, backend, forced }: Durability): string {
  return [
    granularity,
    method,
    domain,
    ...(backend === 'emulated' ? ['emulated'] : []),
    ...(forced ? ['forced'] : []),
  ].join(', ');
}

/** "Name { key: value }" in one line, wherever it stands: of an object that is printed the user wants to see these few things. */
export function inOneLine(
  name: string,
  info: object | undefined,
  options: InspectOptionsStylized,
  inspect: typeof Inspect,
): string {
  // Of the class's own prototype there is nothing to tell.
  return info === undefined
    ? name
    : `${name} ${inspect(info, { ...options, breakLength: Infinity, compact: true, depth: 0 })}`;
}
