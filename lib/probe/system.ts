import { readNumber } from '../storage/sysfs.js';
import { attempt } from '../storage/sysfs.js';
import { statfsSync } from 'node:fs';
import { constants as bufferConstants } from 'node:buffer';
import type { Addon } from '../backend/native/addon.js';
import type { Limit, Limits } from './types.js';

/** What /proc and /sys say. Nothing here throws: what cannot be read is undefined. `sys` and `proc` are for tests. */

/** f_type, without the addon. Other platforms number their file systems otherwise: undefined there. */
export function fileSystemType(path: string): number | undefined {
  return process.platform === 'linux' ? attempt(() => statfsSync(path).type) : undefined;
}

const RLIMIT_NOFILE = 7;
const RLIMIT_MEMLOCK = 8;
const RLIMIT_AS = 9;
const OVERCOMMIT = ['heuristic', 'always', 'strict'] as const;

function limit(addon: Pick<Addon, 'resourceLimit'> | undefined, resource: number): Limit | undefined {
  const value = addon?.resourceLimit(resource);
  if (value === -1) return 'unlimited';
  return value === undefined || value < 0 ? undefined : value;
}

/** Without the addon the limits of getrlimit(2) are undefined. */
export function readLimits(addon: Pick<Addon, 'resourceLimit'> | undefined, proc = '/proc'): Limits {
  const overcommit = readNumber(`${proc}/sys/vm/overcommit_memory`);
  return {
    maxMapCount: readNumber(`${proc}/sys/vm/max_map_count`),
    openFiles: limit(addon, RLIMIT_NOFILE),
    lockedMemory: limit(addon, RLIMIT_MEMLOCK),
    addressSpace: limit(addon, RLIMIT_AS),
    overcommit: overcommit === undefined ? undefined : OVERCOMMIT[overcommit],
    maxBuffer: bufferConstants.MAX_LENGTH,
    window: 2 ** 30,
  };
}
