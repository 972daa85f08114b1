import { createRequire } from 'node:module';
import path from 'node:path';
import { rivals } from './places.js';

/** The packages of bench/rivals/package.json. */
export const rivalNames = ['mmap-io', '@riaskov/mmap-io'] as const;
export type RivalName = (typeof rivalNames)[number];

/** As far as the trials use it; both packages have it. Buffers are unmapped by garbage collection only. */
export interface MmapIo {
  readonly PROT_READ: number;
  readonly PROT_WRITE: number;
  readonly MAP_SHARED: number;
  map(size: number, protection: number, flags: number, fd: number, offset?: number, advise?: number): Buffer;
}

// From the folder itself: a copy elsewhere on the module path is not what bench/rivals/package.json names.
const requireRival = createRequire(path.join(rivals, 'package.json'));

/** The rival's main file; undefined when it is not installed in bench/rivals. */
export function resolveRival(name: RivalName): string | undefined {
  try {
    return requireRival.resolve(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** "1.4.3"; undefined when it is not installed. */
export function rivalVersion(name: RivalName): string | undefined {
  if (resolveRival(name) === undefined) return undefined;
  return (requireRival(`${name}/package.json`) as { version: string }).version;
}

/** @throws TypeError when `name` is not one of {@link rivalNames}; what require throws when it is not installed. */
export function loadRival(name: string | undefined): MmapIo {
  const known = rivalNames.find((rival) => rival === name);
  if (known === undefined) throw new TypeError(`no such rival: ${name ?? '(none named)'}`);
  return requireRival(known) as MmapIo;
}
