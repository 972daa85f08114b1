import { attempt, deviceNumber, readText } from './sysfs.js';
import { readdirSync, realpathSync } from 'node:fs';
import type { Identity } from './inode-id.js';

/** A region of persistent memory: what an nd bus has under /sys/bus/nd/devices/regionN. */
export interface PersistentRegion {
  /** Its directory under /sys; undefined: a part of the device that is not persistent memory. */
  readonly path: string | undefined;
  /** What the platform flushes at power loss: 'cpu_cache', 'memory_controller'; undefined where it does not say. */
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
 * The regions of persistent memory under a device, through device mapper and md too. Only those under this very device:
 * another one proves nothing. `sys` is for tests.
 */
export function persistentRegions(kind: 'block' | 'char', device: Identity, sys = '/sys'): PersistentRegion[] {
  const deepest = 8; // Stacks of device mappers are short, and /sys has no cycles there; this only bounds the surprise.
  return regionsOf(`${sys}/dev/${kind}/${deviceNumber(BigInt(device))}`, deepest);
}

/** What is flushed at power loss: 'cpu-cache' the CPU's caches too (eADR), 'memory-controller' only what has left them. */
export type PowerFailDomain = 'cpu-cache' | 'memory-controller' | 'unknown';

const RANKS = ['unknown', 'memory-controller', 'cpu-cache'] as const;

/** A file over several regions is as safe as the weakest of them. */
export function weakestDomain(regions: readonly PersistentRegion[]): PowerFailDomain {
  const ranks = regions.map(({ domain }) => (domain === 'cpu_cache' ? 2 : domain === 'memory_controller' ? 1 : 0));
  return RANKS[ranks.length === 0 ? 0 : Math.min(...ranks)] ?? 'unknown';
}
