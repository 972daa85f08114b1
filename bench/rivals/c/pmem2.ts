import { spawnSync } from 'node:child_process';
import type { Effort, Trial } from '../../benchmark.js';
import { cRival, type Library } from './rival.js';

export const libpmem2: Library = { flags: ['-lpmem2'], header: 'libpmem2.h', remedy: 'apt-get install libpmem2-dev' };

/** The name of the rival in tables and targets. */
export const PMEM2 = 'libpmem2';

/** E.g. "1.12.1"; undefined if pkg-config does not find the library. */
export function pmem2Version(): string | undefined {
  const { status, stdout } = spawnSync('pkg-config', ['--modversion', 'libpmem2'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** libpmem2 treats /dev/shm as persistent memory, as our trials do (granularity.ts). */
export const PMEM2_CACHE_LINE: Trial['environment'] = { PMEM2_FORCE_GRANULARITY: 'CACHE_LINE' };

/** A rival in C with libpmem2. */
export function pmem2Rival(
  source: string,
  args: (directory: string, effort: Effort) => readonly string[],
  name = PMEM2,
): Trial {
  return cRival(name, source, args, { libraries: [libpmem2], environment: PMEM2_CACHE_LINE });
}
