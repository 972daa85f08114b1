import { errno, systemError, type SystemError } from '../core/errors.js';
import { extentFlags, type ExtentFlag } from '../storage/extent-flags.js';
import type { Run } from '../file/extent-map.js';

const remedies: Readonly<Record<ExtentFlag, string>> = {
  hole: "seal with prepare: 'allocate'",
  unwritten: "seal with prepare: 'allocate'",
  delalloc: 'write it back (fsync) and seal again',
  shared:
    "another file shares its blocks; seal with prepare: 'allocate', or copy the file without sharing (cp --reflink=never)",
  encoded:
    'it is compressed or encrypted, so each write moves it; copy the file to a place without compression and encryption',
  inline:
    'its data is stored in the inode; make the file larger than a block, or copy it to a file system without inline data',
  unknown: 'the file system does not say where it is; use a file on ext4 or xfs',
};

/** The ETXTBSY error of seal(): an extent prevents the seal. */
export interface UnsoundError extends SystemError {
  /** Of the extent, in bytes from the start of the file. */
  offset: number;
  /** Of the extent: the reasons why it prevents the seal. */
  flags: readonly ExtentFlag[];
}

/** @param remedy - default: the remedy for the first flag. */
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
