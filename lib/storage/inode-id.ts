import fs from 'node:fs';
import { isSystemError, systemError } from '../core/errors.js';

/** A 64-bit number that names something (a device, an inode): exact, and a bigint only past 2^53 - 1. */
export type Identity = number | bigint;

/** What tells files of one file system apart, where inode numbers do (file-systems.ts). */
export interface Inode {
  readonly dev: Identity;
  readonly ino: Identity;
}

/** As {@link Identity}: two of them are the same thing exactly when they are `===`. */
export function identity(value: bigint): Identity {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** What names an inode; of a device the device, whatever node in the file system stands for it. */
export interface InodeId {
  readonly dev: Identity;
  readonly ino: Identity;
  readonly rdev: Identity;
  readonly mode: number;
}

const { statSync } = fs; // taken now: guards replace it later
const { S_IFCHR, S_IFMT } = fs.constants;

/**
 * Names an inode in this thread's registry. Never a path: two names of one file are one file. What can be sealed is on file systems whose
 * inode numbers name files (sealable.ts), or a device.
 */
export function inodeKey({ dev, ino, rdev, mode }: InodeId): string {
  return (mode & S_IFMT) === S_IFCHR ? `device ${rdev}` : `${dev}:${ino}`;
}

/** What names the file at a path. stat(2): it opens nothing, and so rings no lease. */
export function inodeAt(path: string): InodeId {
  let status;
  try {
    status = statSync(path, { bigint: true });
  } catch (error) {
    throw isSystemError(error) ? systemError(error.errno, 'stat', path) : error; // the permission model's has no errno
  }
  return {
    dev: identity(status.dev),
    ino: identity(status.ino),
    rdev: identity(status.rdev),
    mode: Number(status.mode),
  };
}

/** As nameOf(); undefined: there is nothing, or nothing that we may look at. */
export function inodeIfThere(path: string): InodeId | undefined {
  try {
    return inodeAt(path);
  } catch {
    return undefined;
  }
}
