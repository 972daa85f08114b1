import { readdirSync } from 'node:fs';
import type { PersistentRegion } from './persistent-memory.js';
import { attempt, readNumber, readText } from './sysfs.js';

/** One memory module (DIMM) of a region of persistent memory: /sys/bus/nd/devices/nmemN. */
export interface Dimm {
  readonly name: string;
  /** How often its last bytes may have been lost at the end of power; undefined: it does not count. */
  readonly unsafeShutdowns: number | undefined;
}

/** The drivers that report the count: ACPI (x86, arm64), POWER, CXL (Linux 6.16). */
const DRIVERS = ['nfit', 'papr', 'cxl'] as const;

/** "nmem0,0,536870912,0": the module of a part of a region is the first field. */
function modulesOf({ path }: PersistentRegion): string[] {
  const names = path === undefined ? undefined : attempt(() => readdirSync(path));
  return (names ?? [])
    .filter((name) => /^mapping\d+$/.test(name))
    .flatMap((name) => readText(`${path}/${name}`)?.split(',')[0] ?? []);
}

/** The modules under some regions, each once. `sys` is for tests. */
export function dimmsOf(regions: readonly PersistentRegion[], sys = '/sys'): Dimm[] {
  const names = [...new Set(regions.flatMap(modulesOf))];
  return names.map((name) => {
    const counts = DRIVERS.map((driver) => readNumber(`${sys}/bus/nd/devices/${name}/${driver}/dirty_shutdown`));
    return { name, unsafeShutdowns: counts.find((count) => count !== undefined) };
  });
}
