import { constants, MAP_TYPE } from '../../core/constants.js';
import { populatingFlags } from '../map-flags.js';
import type { RegionRequest } from '../region.js';

const { MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SYNC } = constants;

/** `flags` and `sync` of a request for a region that was granted these flags. */
export function requestedFlags(granted: number): Pick<RegionRequest, 'flags' | 'sync'> {
  const hasMapSync = (granted & MAP_SYNC) !== 0 && (granted & MAP_TYPE) === MAP_SHARED_VALIDATE;
  if (!hasMapSync) return { flags: granted, sync: 'off' };
  return { flags: (granted & ~(MAP_TYPE | MAP_SYNC)) | MAP_SHARED, sync: 'require' };
}

/** The flags of a request that mmap(2) must not get: it would obey them by write faults. */
export function populatingFlagsOf({ flags, withoutWriteFaults }: RegionRequest): number {
  return withoutWriteFaults === true ? populatingFlags(flags) : 0;
}
