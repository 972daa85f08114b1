import { constants as fsConstants, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';
import { errno, hasErrno } from '../core/errors.js';
import { call, type Operation } from '../core/sync-or-async.js';
import { enterFile, isRefusedByThread, leasedError } from '../seals/mutation-guard.js';
import { isLeasedByProcess } from '../seals/own-leases.js';
import { inodeIdOf, inodeKey, type InodeId } from '../storage/inode-id.js';
import { isRegular } from '../storage/inode-type.js';
import { pathName } from './path.js';

const { O_RDONLY, O_WRONLY } = fsConstants;
// Absent on Windows.
const { O_NOCTTY = 0, O_NONBLOCK = 0 } = fsConstants as Partial<typeof fsConstants>;

/** The flags of an open(2) that waits neither for the end of a lease nor for the other end of a FIFO. */
export const WITHOUT_WAITING = O_NONBLOCK | O_NOCTTY;

/**
 * The inode at a path. Opens nothing, and so breaks no lease.
 *
 * @returns undefined: there is none, or none that we may look at. The open that follows reports the reason.
 */
export function* findInode(path: PathLike, options: { followLinks: boolean }): Operation<InodeId | undefined> {
  const [now, later] = options.followLinks ? [syncFs.statSync, asyncFs.stat] : [syncFs.lstatSync, asyncFs.lstat];
  try {
    const status = yield* call(
      () => now(path, { bigint: true }),
      () => later(path, { bigint: true }),
    );
    return inodeIdOf(status);
  } catch {
    return undefined;
  }
}

/**
 * Before an open that changes nothing.
 *
 * @throws EAGAIN: this process has a lease on the file, and the open would block it.
 */
export function* checkLease(backend: Backend, path: PathLike): Operation<void> {
  if (backend.leaseEvents?.anyLease !== true) return; // without a system call
  const inode = yield* findInode(path, { followLinks: true });
  if (inode !== undefined && isLeasedByProcess(backend, inode)) throw leasedError(inode, pathName(path), undefined);
}

/**
 * Runs an open(2) with {@link WITHOUT_WAITING} of a regular file.
 *
 * @param inode - at the path. @param changes - the system call that would change the block map; undefined: the file is
 *   only read.
 * @throws ETXTBSY: the file is leased and sealed; EAGAIN: it is leased.
 */
export function* openUnleased<T>(
  backend: Backend,
  inode: InodeId,
  path: PathLike,
  changes: string | undefined,
  open: () => Operation<T>,
): Operation<T> {
  if (isLeasedByProcess(backend, inode)) throw leasedError(inode, pathName(path), changes);
  try {
    return yield* open();
  } catch (error) {
    if (!hasErrno(error, errno.EAGAIN)) throw error;
    throw leasedError(inode, pathName(path), changes);
  }
}

/** The file at a path, guarded until release(). */
export interface GuardedPath {
  readonly type: 'missing' | 'file' | 'other';
  /** Of a file that can be opened, or that this thread has sealed: its inodeKey(). */
  readonly key: string | undefined;
  /** 'by this thread': the registry of this thread refuses, and the file was not opened. */
  readonly sealed: false | 'by this thread' | 'by others';
  release(): void;
}

function unopened(type: GuardedPath['type'], key?: string, sealed: GuardedPath['sealed'] = false): GuardedPath {
  return { type, key, sealed, release: () => undefined };
}

interface OpenDescription {
  readonly fd: number;
  readonly readable: boolean;
}

/**
 * undefined: we may neither read nor write the file. The open that follows reports that.
 *
 * @throws EAGAIN: it is leased.
 */
function* openEither(path: PathLike, flags: number): Operation<OpenDescription | undefined> {
  for (const access of [O_RDONLY, O_WRONLY]) {
    try {
      const fd = yield* call(
        () => syncFs.openSync(path, access | flags),
        () => asyncFs.open(path, access | flags),
      );
      return { fd, readable: access === O_RDONLY };
    } catch (error) {
      if (hasErrno(error, errno.EAGAIN)) throw error;
    }
  }
  return undefined;
}

/**
 * Guards the file at a path before the caller opens it. A description of our own carries the guard and stays open until
 * release(): no process can get a lease meanwhile. Never waits; opens nothing but a regular file.
 *
 * @param request - `changes`: the system call that would change the block map; undefined: the file is only read.
 *   `noFollow`: O_NOFOLLOW if the open that follows has it, else 0.
 * @throws ETXTBSY: the file is leased and sealed; EAGAIN: it is leased; as {@link enterFile}.
 */
export function* guardPath(
  backend: Backend,
  path: PathLike,
  { changes, noFollow = 0 }: { readonly changes: string | undefined; readonly noFollow?: number },
): Operation<GuardedPath> {
  const inode = yield* findInode(path, { followLinks: noFollow === 0 });
  if (inode === undefined) return unopened('missing');
  if (!isRegular(inode)) return unopened('other');
  if (isRefusedByThread(inode)) return unopened('file', inodeKey(inode), 'by this thread');
  const flags = noFollow | WITHOUT_WAITING;
  const description = yield* openUnleased(backend, inode, path, changes, () => openEither(path, flags));
  return description === undefined ? unopened('file') : yield* guardDescription(backend, path, description);
}

function* guardDescription(
  backend: Backend,
  path: PathLike,
  { fd, readable }: OpenDescription,
): Operation<GuardedPath> {
  try {
    const owner = readable ? 'operation' : 'caller';
    const file = yield* enterFile(backend, { fd, path: pathName(path), owner });
    return {
      type: 'file',
      key: file?.key,
      sealed: file?.sealed === true ? 'by others' : false,
      release() {
        file?.release();
        syncFs.closeSync(fd);
      },
    };
  } catch (error) {
    syncFs.closeSync(fd);
    throw error;
  }
}
