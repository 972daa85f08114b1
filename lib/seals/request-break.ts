import type { Backend } from '../backend/backend.js';
import { checkOptions } from '../core/check-options.js';
import { errno, hasErrno, type SystemError } from '../core/errors.js';
import { runAsync, sleep } from '../core/sync-or-async.js';
import { parseTarget, type ParsedTarget, type Target } from '../core/target.js';
import { inodeAt, inodeKey, type InodeId } from '../storage/inode-id.js';
import { sealedError } from './mutation-guard.js';
import { checkDeadline } from './options.js';
import { isLeasedByProcess } from './own-leases.js';
import { hasSealLockInProc } from './proc-locks.js';
import { isSealedByOthers } from './seal-locks.js';
import { isSealableType, isTargetSealed, openForQuery } from './seal-query.js';
import { sealedInodes } from './sealed-inodes.js';

/** Options of seals.requestBreak(). */
export interface BreakOptions {
  /** Milliseconds until the holders must give way. Default, and maximum: the deadlines of the holders' seals. */
  deadline?: number | undefined;
}

// The open returns at the end of the lease. The locks of the seal may be dropped a little later.
const SETTLE_MS = 1000;
const RETRY_MS = 2;

const CANNOT_ASK = 'it is held by another thread or process and has no lease, so its holder cannot be asked';

function refused(path: string | undefined, why: string): SystemError {
  return sealedError('requestBreak', path, why);
}

/** Waits until the file is not sealed any more. @throws ETXTBSY: it still is after {@link SETTLE_MS}. */
async function untilUnsealed(backend: Backend, target: ParsedTarget): Promise<void> {
  for (let waited = 0; isTargetSealed(backend, target); waited += RETRY_MS) {
    if (waited >= SETTLE_MS) throw refused(target.path, 'its holder was asked and did not release it');
    await runAsync(sleep(RETRY_MS));
  }
}

/**
 * Opens the file. That breaks the holder's lease, and the open returns when the lease has ended.
 */
async function breakLease(backend: Backend, path: string): Promise<void> {
  try {
    await backend.files.openAndWait(path);
  } catch (error) {
    if (!hasErrno(error, errno.EAGAIN)) throw error;
  }
}

/** The file can be opened for a query: it has no lease. @throws ETXTBSY: it is sealed. */
function checkUnsealed(backend: Backend, fd: number, inode: InodeId, path: string): void {
  try {
    if (isSealedByOthers(backend.files, fd, inode, path)) throw refused(path, CANNOT_ASK);
  } finally {
    backend.files.close(fd);
  }
}

/**
 * The file is leased, so it must not be opened for a query. An open that does not wait makes the holder take its lease
 * anew; the open that waits could then come between the old lease and the new one, and the seal would break without a
 * notice to its holder.
 */
function isLeased(backend: Backend, inode: InodeId): boolean {
  return isLeasedByProcess(backend, inode) || hasSealLockInProc(inode.dev, inode.ino, 'breakable');
}

/** Asks the holders in other threads and processes. Only the break of a lease reaches them. */
async function requestBreakOfOthers(backend: Backend, target: ParsedTarget, inode: InodeId): Promise<void> {
  const { path } = target;
  if (!backend.capabilities.sealLocks) return;
  if (path === undefined) {
    if (!isTargetSealed(backend, target)) return;
    throw refused(path, `${CANNOT_ASK}; an open descriptor prevents a lease: ask by path`);
  }
  if (!isSealableType(inode)) return;
  const fd = isLeased(backend, inode) ? undefined : openForQuery(backend, path);
  if (fd !== undefined) {
    checkUnsealed(backend, fd, inode, path);
    return;
  }
  if (!hasSealLockInProc(inode.dev, inode.ino, 'sealed')) return; // the lease of a program outside the protocol
  if (!hasSealLockInProc(inode.dev, inode.ino, 'breakable')) throw refused(path, 'it is not a breakable seal');
  await breakLease(backend, path);
  await untilUnsealed(backend, target);
}

/** Rules 29 to 32 of docs/seals.md. @throws ETXTBSY: the seal cannot be broken, or its holder cannot be asked. */
export async function requestBreak(backend: Backend, target: Target, options?: BreakOptions): Promise<void> {
  const parsed = parseTarget(target);
  const { path, fd = -1 } = parsed;
  const given = checkOptions<BreakOptions>(options, 'options', ['deadline']);
  const deadline = checkDeadline(given.deadline, 'options.deadline');
  if (path === undefined) backend.files.accessMode(fd); // EBADF
  const inode = path === undefined ? backend.files.stat(fd) : inodeAt(path);
  const sealed = sealedInodes.get(inodeKey(inode));
  if (sealed === undefined) {
    await requestBreakOfOthers(backend, parsed, inode);
    return;
  }
  if (sealed.policy !== 'breakable' || !sealed.isKeptByPackage) {
    throw refused(path, 'not every seal of it is breakable');
  }
  if (sealed.isSealedByOthers())
    throw refused(path, 'another thread or process has sealed it too, and cannot be asked');
  await sealed.requestBreak(deadline);
}
