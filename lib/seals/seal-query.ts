import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, hasErrno } from '../core/errors.js';
import type { ParsedTarget } from '../core/target.js';
import { BackingFile } from '../file/backing-file.js';
import { inodeAt, inodeKey, type InodeId } from '../storage/inode-id.js';
import { fileType } from '../storage/inode-type.js';
import { isLeasedByProcess } from './own-leases.js';
import { hasSealLockInProc } from './proc-locks.js';
import { isSealedByOthers, ownsSeal } from './seal-locks.js';
import { sealedInodes } from './sealed-inodes.js';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = fsConstants;

function isSealedByThread(inode: InodeId): boolean {
  return sealedInodes.has(inodeKey(inode));
}

/**
 * Files and device-dax. A question opens nothing else: an open of a FIFO would wake a writer that waits for its reader,
 * and that writer would write to no reader.
 */
export function isSealableType(inode: InodeId): boolean {
  const type = fileType(inode);
  return type === 'file' || type === 'device-dax';
}

/** A descriptor of our own for a question. Never waits. @returns undefined: a process has a lease on the file. */
export function openForQuery({ files }: Backend, path: string): number | undefined {
  try {
    return files.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  } catch (error) {
    if (hasErrno(error, errno.EAGAIN)) return undefined;
    throw error;
  }
}

/**
 * Two system calls (statx, fcntl) for a file that this thread maps, four (statx, open, fcntl, close) for another one.
 * The statx cannot be left out: only it tells that the path is no FIFO.
 */
function isPathSealed(backend: Backend, path: string): boolean {
  const { files, capabilities } = backend;
  const inode = inodeAt(path);
  if (isSealedByThread(inode)) return true;
  if (!capabilities.sealLocks || !isSealableType(inode)) return false;
  const mapped = BackingFile.anyOf(files, inode);
  if (mapped?.ownsDescription === true) return isSealedByOthers(files, mapped.fd, inode, path);
  const fd = isLeasedByProcess(backend, inode) ? undefined : openForQuery(backend, path);
  if (fd === undefined) return hasSealLockInProc(inode.dev, inode.ino, 'sealed');
  try {
    return isSealedByOthers(files, fd, inode, path);
  } finally {
    files.close(fd);
  }
}

/** Asks through a description of our own, which holds no seal. @throws the errors of open(2). */
function isSealedByNewDescription({ files }: Backend, fd: number, inode: InodeId): boolean {
  const own = files.reopen(fd, O_RDONLY);
  try {
    return isSealedByOthers(files, own, inode, undefined);
  } finally {
    files.close(own);
  }
}

function isDescriptorSealed(backend: Backend, fd: number): boolean {
  const { files, capabilities } = backend;
  files.accessMode(fd); // EBADF, as in every other function
  const inode = files.stat(fd);
  if (isSealedByThread(inode)) return true;
  if (!capabilities.sealLocks || !isSealableType(inode)) return false;
  // These calls change no lock of the descriptor.
  return (
    isSealedByOthers(files, fd, inode, undefined) ||
    (ownsSeal(files, fd, inode, undefined) ?? isSealedByNewDescription(backend, fd, inode))
  );
}

/** A thread or process has sealed the target. */
export function isTargetSealed(backend: Backend, { path, fd = -1 }: ParsedTarget): boolean {
  return path === undefined ? isDescriptorSealed(backend, fd) : isPathSealed(backend, path);
}
