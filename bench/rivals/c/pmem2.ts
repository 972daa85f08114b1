import { spawnSync } from 'node:child_process';
import type { Trial } from '../../benchmark.js';
import { cRival, type Library } from './rival.js';

const libpmem2: Library = { flag: '-lpmem2', header: 'libpmem2.h', remedy: 'apt-get install libpmem2-dev' };

/** Its name in tables and targets. */
export const PMEM2 = 'libpmem2';

/** "1.12.1"; undefined where pkg-config does not know. */
export function pmem2Version(): string | undefined {
  const { status, stdout } = spawnSync('pkg-config', ['--modversion', 'libpmem2'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** A rival in C on libpmem2, made to take /dev/shm for persistent memory as our trials are (granularity.ts). */
export function pmem2Rival(source: string, args: (directory: string) => readonly string[]): Trial {
  return cRival(PMEM2, source, args, { library: libpmem2, environment: { PMEM2_FORCE_GRANULARITY: 'CACHE_LINE' } });
}
