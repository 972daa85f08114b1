import fs from 'node:fs';
import { isSystemError, systemError } from '../core/errors.js';

/** A 64-bit number of a device or an inode, exact. A bigint only past 2^53 - 1, so that equal numbers are `===`. */
export type Identity = number | bigint;

/** The numbers that tell the files of one file system apart, if inode numbers do so there (file-systems.ts). */
export interface Inode {
  readonly dev: Identity;
  readonly ino: Identity;
}

/** An {@link Inode} with the fields that tell a device from a file. */
export interface InodeId extends Inode {
  /** Of a device file: the number of the device. */
  readonly rdev: Identity;
  /** File type and permissions. */
  readonly mode: number;
}

/** A number of stat(2) as an {@link Identity}. */
export function identity(value: bigint): Identity {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** The numbers of stat(2) that identify an inode, exact. */
export function inodeIdOf({ dev, ino, rdev, mode }: Pick<fs.BigIntStats, 'dev' | 'ino' | 'rdev' | 'mode'>): InodeId {
  return { dev: identity(dev), ino: identity(ino), rdev: identity(rdev), mode: Number(mode) };
}

const { statSync } = fs; // captured at load: guards replace it later
const { S_IFCHR, S_IFMT } = fs.constants;

/**
 * The key of an inode in the registry of this thread. A device has one key, whichever device file was opened. The key
 * is never a path: two names of one file are one file. Seals exist only on devices and on file systems whose inode
 * numbers name files (sealable.ts).
 */
export function inodeKey({ dev, ino, rdev, mode }: InodeId): string {
  return (mode & S_IFMT) === S_IFCHR ? `device ${rdev}` : `${dev}:${ino}`;
}

/** stat(2) of a path. It opens nothing, so it breaks no lease. @throws the errors of stat(2). */
export function inodeAt(path: string): InodeId {
  try {
    return inodeIdOf(statSync(path, { bigint: true }));
  } catch (error) {
    throw isSystemError(error) ? systemError(error.errno, 'stat', path) : error; // ERR_ACCESS_DENIED has no errno
  }
}

/** {@link inodeAt}; undefined: there is no file, or stat(2) is not permitted. */
export function inodeIfThere(path: string): InodeId | undefined {
  try {
    return inodeAt(path);
  } catch {
    return undefined;
  }
}
