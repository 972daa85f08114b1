import type { InodeId } from '../storage/inode-id.js';
import { inodeAt } from '../storage/inode-id.js';
import { inodeKey } from '../storage/inode-id.js';
import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, type SystemError } from '../core/errors.js';
import { fileType } from '../storage/inode-type.js';
import { sealedInodes } from './sealed-inodes.js';
import type { ParsedTarget } from '../core/target.js';
import { isLeasedByProcess } from './own-leases.js';
import { isSealedByOthers, isSealersOwn } from './seal-locks.js';
import { sealLockInProc } from './proc-locks.js';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = fsConstants;

function isSealedByThread(named: InodeId): boolean {
  return sealedInodes.has(inodeKey(named));
}

/** Anything else is not opened to look: a writer that waits at a FIFO for its reader would write to nobody. */
export function isSealableType(named: InodeId): boolean {
  const kind = fileType(named);
  return kind === 'file' || kind === 'device-dax';
}

/** A descriptor of our own for looking; undefined: somebody has a lease on the file. Never waits. */
export function openForQuery({ files }: Backend, path: string): number | undefined {
  try {
    return files.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  } catch (error) {
    if ((error as SystemError).errno === errno.EAGAIN) return undefined;
    throw error;
  }
}

function isPathSealed(backend: Backend, path: string): boolean {
  const { files, capabilities } = backend;
  const named = inodeAt(path);
  if (isSealedByThread(named)) return true;
  if (!capabilities.sealLocks || !isSealableType(named)) return false;
  if (isLeasedByProcess(backend, named)) return sealLockInProc(named.dev, named.ino, 'sealed');
  const fd = openForQuery(backend, path);
  if (fd === undefined) return sealLockInProc(named.dev, named.ino, 'sealed');
  try {
    return isSealedByOthers(files, fd, named, path);
  } finally {
    files.close(fd);
  }
}

/** Through a description of our own, which is no sealer's. @throws what open(2) says. */
function isSealedByNewDescription({ files }: Backend, fd: number, named: InodeId): boolean {
  const own = files.reopen(fd, O_RDONLY);
  try {
    return isSealedByOthers(files, own, named, undefined);
  } finally {
    files.close(own);
  }
}

function isDescriptorSealed(backend: Backend, fd: number): boolean {
  const { files, capabilities } = backend;
  files.accessMode(fd); // EBADF as everywhere
  const named = files.stat(fd);
  if (isSealedByThread(named)) return true;
  if (!capabilities.sealLocks || !isSealableType(named)) return false;
  // A question only: the descriptor's own locks stay what they are.
  return (
    isSealedByOthers(files, fd, named, undefined) ||
    (isSealersOwn(files, fd, named, undefined) ?? isSealedByNewDescription(backend, fd, named))
  );
}

/** Somebody, in any thread or process, has sealed it. */
export function isTargetSealed(backend: Backend, { path, fd = -1 }: ParsedTarget): boolean {
  return path === undefined ? isDescriptorSealed(backend, fd) : isPathSealed(backend, path);
}
