import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { BackingFile } from '../file/backing-file.js';
import { inodeIfThere, type Inode } from '../storage/inode-id.js';

const { O_RDWR } = fsConstants;

/**
 * A seal of this process, in any thread, has a lease on the inode. An open would break that lease and wait for this
 * very process. Makes no system call.
 */
export function isLeasedByProcess({ leaseEvents }: Backend, { dev, ino }: Inode): boolean {
  return leaseEvents !== undefined && leaseEvents.anyLease && leaseEvents.isLeased(dev, ino);
}

/** The file at a path that this process has leased. */
export interface LeasedFile {
  /** With a reference of the caller's; undefined: another thread has leased it. */
  readonly file: BackingFile | undefined;
}

/** undefined: this process has no lease on the file, and it may be opened. */
export function leasedFileAt(backend: Backend, path: string): LeasedFile | undefined {
  if (backend.leaseEvents?.anyLease !== true) return undefined; // without a system call
  const inode = inodeIfThere(path);
  if (inode === undefined || !isLeasedByProcess(backend, inode)) return undefined;
  return { file: BackingFile.known(backend.files, O_RDWR, inode) };
}
