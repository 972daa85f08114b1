import { inodeIfThere } from '../storage/inode-id.js';
import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { BackingFile } from '../file/backing-file.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import type { Identity } from '../storage/inode-id.js';
import { sealLockInProc } from './proc-locks.js';
import { sealedError } from './protocol.js';

const { O_RDWR } = fsConstants;
const LEASED =
  'somebody holds a lease on the file, and an open would wait until it is let go; close what holds it, or try again';

interface Inode {
  readonly dev: Identity;
  readonly ino: Identity;
}

/** A seal of this process, of whatever thread, has a lease on it: an open would ring it, and wait for this very process. Asks no system call. */
export function isLeasedByProcess({ leaseEvents }: Backend, { dev, ino }: Inode): boolean {
  return leaseEvents !== undefined && leaseEvents.anyLease && leaseEvents.isLeased(dev, ino);
}

/** What the open of a leased file gets instead of a wait: ETXTBSY if it would change what is sealed, else EAGAIN. */
export function leasedError({ dev, ino }: Inode, path: string | undefined, changes: string | undefined): SystemError {
  if (changes !== undefined && sealLockInProc(dev, ino, 'sealed')) return sealedError(changes, path);
  return systemError(errno.EAGAIN, 'open', path, LEASED);
}

/** The file at a path that this process has leased; `file`, with a reference, if it was this thread. */
export interface LeasedFile {
  readonly file: BackingFile | undefined;
}

/** undefined: it is not leased by this process, and may be opened. */
export function leasedFileAt(backend: Backend, path: string): LeasedFile | undefined {
  if (backend.leaseEvents?.anyLease !== true) return undefined; // no system call
  const named = inodeIfThere(path);
  if (named === undefined || !isLeasedByProcess(backend, named)) return undefined;
  return { file: BackingFile.known(backend.files, O_RDWR, named) };
}
