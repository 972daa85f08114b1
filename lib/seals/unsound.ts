import { errno, systemError, type SystemError } from '../core/errors.js';
import { extentFlags, type ExtentFlag } from '../storage/extent-flags.js';
import type { Run } from '../file/extent-map.js';

const remedies: Readonly<Record<ExtentFlag, string>> = {
  hole: "seal with prepare: 'allocate'",
  unwritten: "seal with prepare: 'allocate'",
  delalloc: 'write it back (fsync) and seal again',
  shared:
    "its blocks are another file's too; seal with prepare: 'allocate', or copy the file without sharing (cp --reflink=never)",
  encoded: 'it is compressed or encrypted, and moves whenever it is written; copy the file to where it is neither',
  inline:
    'it lies within the inode; make the file larger than a block, or copy it to a file system without inline data',
  unknown: 'the file system does not say where it is; use a file on ext4 or xfs',
};

/** ETXTBSY, with the offset and flags of the extent in the way. */
export interface UnsoundError extends SystemError {
  offset: number;
  flags: readonly ExtentFlag[];
}

/** @param remedy - by default that of the first flag. */
export function unsoundError({ offset, length, bits }: Run, path: string | undefined, remedy?: string): UnsoundError {
  const flags = extentFlags(bits);
  const advice = remedy ?? flags.map((flag) => remedies[flag]).at(0) ?? '';
  const error = systemError(
    errno.ETXTBSY,
    'seal',
    path,
    `the extent at ${offset} (${length} bytes) is ${flags.join(' and ')}: ${advice}`,
  );
  return Object.assign(error, { offset, flags });
}
