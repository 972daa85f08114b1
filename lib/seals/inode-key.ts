import fs from 'node:fs';
import { isSystemError, systemError } from '../core/errors.js';
import { identity, type Identity } from '../storage/inode-id.js';

/** What names an inode; of a device the device, whatever node in the file system stands for it. */
export interface Named {
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
export function inodeKey({ dev, ino, rdev, mode }: Named): string {
  return (mode & S_IFMT) === S_IFCHR ? `device ${rdev}` : `${dev}:${ino}`;
}

/** What names the file at a path. stat(2): it opens nothing, and so rings no lease. */
export function nameOf(path: string): Named {
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
export function nameIfThere(path: string): Named | undefined {
  try {
    return nameOf(path);
  } catch {
    return undefined;
  }
}
