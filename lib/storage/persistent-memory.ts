import { attempt, deviceNumber, readText } from './sysfs.js';
import { readdirSync, realpathSync } from 'node:fs';
import type { Identity } from './inode-id.js';

/** A region of persistent memory: /sys/bus/nd/devices/regionN. */
export interface PersistentRegion {
  /** The directory of the region under /sys; undefined: a part of the device that is not persistent memory. */
  readonly path: string | undefined;
  /** The file persistence_domain: 'cpu_cache' or 'memory_controller'; undefined: the region has no such file. */
  readonly domain: string | undefined;
}

const NO_REGION: PersistentRegion = Object.freeze({ path: undefined, domain: undefined });

function regionsOf(path: string, depth: number): PersistentRegion[] {
  const real = attempt(() => realpathSync(path));
  if (real === undefined) return [];
  const region = /^.*\/region\d+(?=\/)/.exec(real)?.[0];
  if (region !== undefined) return [{ path: region, domain: readText(`${region}/persistence_domain`) }];
  const parts = depth === 0 ? undefined : attempt(() => readdirSync(`${real}/slaves`));
  return (parts ?? []).flatMap((part) => {
    const found = regionsOf(`${real}/slaves/${part}`, depth - 1);
    return found.length === 0 ? [NO_REGION] : found;
  });
}

/**
 * The regions of persistent memory under a device, also through device mapper and md. Regions of other devices do not
 * count. `sys` is for tests.
 */
export function persistentRegions(kind: 'block' | 'char', device: Identity, sys = '/sys'): PersistentRegion[] {
  const deepest = 8; // a limit for safety: stacks of device mappers are short, and /sys has no cycles there
  return regionsOf(`${sys}/dev/${kind}/${deviceNumber(BigInt(device))}`, deepest);
}

/**
 * The part of the machine that is flushed at power loss. 'cpu-cache': the CPU caches, too (eADR). 'memory-controller':
 * only stores that have left them.
 */
export type PowerFailDomain = 'cpu-cache' | 'memory-controller' | 'unknown';

const RANKS = ['unknown', 'memory-controller', 'cpu-cache'] as const;

/** A file over several regions is as safe as the weakest of them. */
export function weakestDomain(regions: readonly PersistentRegion[]): PowerFailDomain {
  const ranks = regions.map(({ domain }) => (domain === 'cpu_cache' ? 2 : domain === 'memory_controller' ? 1 : 0));
  return RANKS[ranks.length === 0 ? 0 : Math.min(...ranks)] ?? 'unknown';
}
