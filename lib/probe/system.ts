import { readlinkSync, statfsSync } from 'node:fs';
import { constants as bufferConstants } from 'node:buffer';
import { basename } from 'node:path';
import type { Addon } from '../backend/addon.js';
import { attempt, deviceNumber, readText } from '../persistence.js';
import type { Limit, Limits } from './types.js';

/** What /proc and /sys say. Nothing here throws: what cannot be read is undefined. `sys` and `proc` are for tests. */

function readNumber(path: string): number | undefined {
  const text = readText(path);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Does the character device belong to the dax bus (Linux 5.1) or class? */
export function isDeviceDax(rdev: bigint, sys = '/sys'): boolean {
  const subsystem = attempt(() => readlinkSync(`${sys}/dev/char/${deviceNumber(rdev)}/subsystem`));
  return subsystem !== undefined && basename(subsystem) === 'dax';
}

/** The alignment of a device-dax in bytes: an attribute of the device itself on the bus, of its parent in the class. */
export function deviceAlign(rdev: bigint, sys = '/sys'): number | undefined {
  const device = `${sys}/dev/char/${deviceNumber(rdev)}`;
  return readNumber(`${device}/align`) ?? readNumber(`${device}/device/align`);
}

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
