import { readFileSync, readdirSync, readlinkSync, realpathSync, statfsSync } from 'node:fs';
import { constants as bufferConstants } from 'node:buffer';
import { basename } from 'node:path';
import type { Addon } from '../backend/addon.js';
import type { Limit, Limits } from './types.js';

/** What /proc and /sys say. Nothing here throws: what cannot be read is undefined. `sys` and `proc` are for tests. */

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // Not there, or not for us: on this kernel, in this container, on this platform.
  }
}

function readText(path: string): string | undefined {
  return attempt(() => readFileSync(path, 'utf8').trim());
}

function readNumber(path: string): number | undefined {
  const text = readText(path);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** "259:1" for a dev_t, as glibc packs it (sys/sysmacros.h) and as /sys/dev writes it. */
export function deviceNumber(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
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

/** The nd regions under a device of /sys/dev/{block,char}: in its own path, or under what it is made of (device mapper, md). */
function regionsOf(path: string, depth: number): (string | undefined)[] {
  const real = attempt(() => realpathSync(path));
  if (real === undefined) return [];
  const region = /^.*\/region\d+(?=\/)/.exec(real)?.[0];
  if (region !== undefined) return [readText(`${region}/persistence_domain`)];
  const parts = depth === 0 ? undefined : attempt(() => readdirSync(`${real}/slaves`));
  // A part that is not persistent memory counts as one that does not say.
  return (parts ?? []).flatMap((part) => {
    const found = regionsOf(`${real}/slaves/${part}`, depth - 1);
    return found.length === 0 ? [undefined] : found;
  });
}

/**
 * The persistence_domain of each persistent-memory region under a device: 'cpu_cache', 'memory_controller', or undefined
 * where the region does not say. Only the regions under this very device: another one proves nothing.
 */
export function persistenceDomains(kind: 'block' | 'char', device: bigint, sys = '/sys'): (string | undefined)[] {
  const deepest = 8; // Stacks of device mappers are short, and /sys has no cycles there; this only bounds the surprise.
  return regionsOf(`${sys}/dev/${kind}/${deviceNumber(device)}`, deepest);
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
