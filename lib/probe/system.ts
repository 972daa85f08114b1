import { constants as bufferConstants } from 'node:buffer';
import { statfsSync } from 'node:fs';
import type { Addon } from '../backend/native/addon.js';
import { MAX_VIEW } from '../mapping/windows.js';
import { attempt, readNumber, readText } from '../storage/sysfs.js';
import type { Limit, Limits } from './types.js';

/** Facts from /proc and getrlimit(2). No function throws: a fact that cannot be read is undefined. */

/** f_type, without the addon; undefined on other platforms than Linux, which have other numbers. */
export function fileSystemType(path: string): number | undefined {
  return process.platform === 'linux' ? attempt(() => statfsSync(path).type) : undefined;
}

const RLIMIT_DATA = 2;
const RLIMIT_NOFILE = 7;
const RLIMIT_MEMLOCK = 8;
const RLIMIT_AS = 9;
const CAP_IPC_LOCK = 14n;
const OVERCOMMIT = ['heuristic', 'always', 'strict'] as const;

function limit(addon: Pick<Addon, 'resourceLimit'> | undefined, resource: number): Limit | undefined {
  const value = addon?.resourceLimit(resource);
  if (value === -1) return 'unlimited';
  return value === undefined || value < 0 ? undefined : value;
}

/** A line of /proc/self/status, for instance "VmPin:       64 kB". */
function status(name: string, proc: string): string | undefined {
  return new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(readText(`${proc}/self/status`) ?? '')?.[1];
}

function statusBytes(name: string, proc: string): number | undefined {
  const kilobytes = status(name, proc);
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Has this process CAP_IPC_LOCK? Then RLIMIT_MEMLOCK does not hold. */
export function mayLockAll(proc = '/proc'): boolean {
  const effective = status('CapEff', proc);
  return effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_IPC_LOCK) & 1n) === 1n;
}

/** Without the addon the limits of getrlimit(2) are undefined. A test passes another folder as `proc`. */
export function readLimits(addon: Pick<Addon, 'resourceLimit'> | undefined, proc = '/proc'): Limits {
  const overcommit = readNumber(`${proc}/sys/vm/overcommit_memory`);
  return {
    maxMapCount: readNumber(`${proc}/sys/vm/max_map_count`),
    openFiles: limit(addon, RLIMIT_NOFILE),
    lockedMemory: limit(addon, RLIMIT_MEMLOCK),
    lockedMemoryUsed: statusBytes('VmLck', proc),
    pinnedMemoryUsed: statusBytes('VmPin', proc),
    addressSpace: limit(addon, RLIMIT_AS),
    privateMemory: limit(addon, RLIMIT_DATA),
    overcommit: overcommit === undefined ? undefined : OVERCOMMIT[overcommit],
    maxBuffer: bufferConstants.MAX_LENGTH,
    window: MAX_VIEW,
  };
}
