import type { OpenFile } from '../backend/open-file.js';
import fs from 'node:fs';
import { dirname } from 'node:path';
import type { Backend } from '../backend/backend.js';
import { constants } from '../core/constants.js';
import { errnoName, invalidValue } from '../core/errors.js';
import type { Identity } from '../storage/inode-id.js';
import { environment } from '../core/environment.js';

const { readlinkSync } = fs; // taken now: guards replace it later

/** The check waits this long for the kernel, which may answer by breaking a lease. */
const PATIENCE_MS = 1000;

/** The bit of MAP_DIRECT in this kernel, or the reason why there is none. */
export type KernelDirect = { readonly flag: number } | { readonly reason: string };

const VARIABLE = 'MAPDIRECT_DIRECT_FLAG';

/** The bit of v4 of the patch series. On x86 it is MAP_32BIT, which no other architecture has. */
const MAP_32BIT = 0x40;

/** The bit of MAPDIRECT_DIRECT_FLAG. @throws ERR_INVALID_ARG_VALUE: it is not a single bit. */
function configuredBit(): number | undefined {
  const text = environment[VARIABLE];
  if (text === undefined || text === '') return undefined;
  const bit = /^(0x[\da-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (bit > 0 && bit <= 2 ** 31 && Number.isInteger(Math.log2(bit))) return bit | 0;
  throw invalidValue(VARIABLE, 'must be a single bit of mmap(2) flags, such as 0x1000000', text);
}

/** The flag of mmap(2) that uses a bit. */
function usedAs(bit: number): string | undefined {
  if (bit === MAP_32BIT) return 'MAP_32BIT';
  return Object.entries(constants).find(([name, value]) => name.startsWith('MAP_') && (value & bit) !== 0)?.[0];
}

function directoryOf(file: OpenFile, named: string | undefined): string | undefined {
  if (named !== undefined) return dirname(named);
  try {
    const path = readlinkSync(`/proc/self/fd/${file.fd}`);
    return path.startsWith('/') ? dirname(path) : undefined;
  } catch {
    return undefined;
  }
}

/** The place for which MAP_DIRECT is wanted. */
export interface DirectPlace {
  readonly dev: Identity;
  /** false: the file is not on DAX. */
  readonly dax: boolean | undefined;
  /** The directory of the file; undefined: it is not known. */
  readonly directory: () => string | undefined;
}

/**
 * Whether this kernel has MAP_DIRECT for the files of a directory. It is never guessed: the bit of v4 of the patch
 * series is MAP_32BIT on x86, and that of v6 to v9 is MAP_SYNC today. MAPDIRECT_DIRECT_FLAG names the bit. A check
 * proves it: a scratch file that is mapped with it can no longer be truncated.
 *
 * @throws ERR_INVALID_ARG_VALUE: MAPDIRECT_DIRECT_FLAG is not a single bit.
 */
export function kernelDirectAt(backend: Backend, { dev, dax, directory }: DirectPlace): KernelDirect {
  const bit = configuredBit();
  if (bit === undefined)
    return { reason: `No released kernel has MAP_DIRECT, and ${VARIABLE} names no bit of a patched one.` };
  const name = `${VARIABLE}=0x${(bit >>> 0).toString(16)}`;
  const used = usedAs(bit);
  if (used !== undefined) return { reason: `${name} is ${used} here, not MAP_DIRECT.` };
  const path = directory();
  if (path === undefined)
    return { reason: `${name} cannot be tried: the directory of the file is not known. Map by path.` };
  const answer = backend.tryDirect(path, dev, bit, PATIENCE_MS);
  if (answer === 'sealed' && dax === false)
    return { reason: `${name} is MAP_DIRECT here, but goes with MAP_SYNC, and this file has no DAX.` };
  if (answer === 'sealed') return { flag: bit };
  if (answer === 'not sealed')
    return { reason: `${name} is taken by this kernel, but does not seal: a file mapped with it can be truncated.` };
  return { reason: `${name} is not MAP_DIRECT here: ${errnoName(answer)}.` };
}

/** {@link kernelDirectAt} for an open file. */
export function kernelDirect(backend: Backend, file: OpenFile, path: string | undefined): KernelDirect {
  return kernelDirectAt(backend, { dev: file.dev, dax: file.dax, directory: () => directoryOf(file, path) });
}
