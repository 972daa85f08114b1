import type { InodeId } from '../storage/inode-id.js';
import { inodeKey } from '../storage/inode-id.js';
import { isRegular } from '../storage/inode-type.js';
import type { FileOperations } from '../backend/file-operations.js';
import type { OpenFile } from '../backend/open-file.js';
import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, type SystemError } from '../core/errors.js';
import { sealedInodes } from './sealed-inodes.js';
import { runSync, type Operation } from '../core/sync-or-async.js';
import { isLeasedByProcess, leasedError } from './own-leases.js';
import { isSealersOwn } from './seal-locks.js';
import { sealLockInProc } from './proc-locks.js';
import { beginMutation, isSealed, sealedError } from './protocol.js';
import { canBeSealed } from './sealable.js';

const { O_RDONLY, O_WRONLY } = fsConstants;

/**
 * One guarded operation: from entering to release() no seal can come about, unless `holds` is false, so `sealed` stays true to its last
 * system call. An asynchronous operation keeps it until it has ended. release() is due in any case, and a second one does nothing.
 */
export class Guarded {
  private released = false;

  constructor(
    /** The block map may not change: not by anybody, or not by this thread. */
    readonly sealed: boolean,
    private readonly leave: () => void,
    /** Seals are held off until release(); false: `sealed` was so on entering. */
    readonly holds = true,
  ) {}

  /** @throws ETXTBSY when it is sealed. */
  check(syscall: string, path?: string): void {
    if (this.sealed) throw sealedError(syscall, path);
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.leave();
  }
}

const nothing = (): void => undefined;

/** The descriptor that an operation changes the file through. */
interface Changed extends InodeId {
  readonly fd: number;
  readonly path: string | undefined;
  /** It may be a duplicate of a sealer's, by attach() for instance: then it is refused where nothing tells whether it is. */
  readonly mayBeSealers: boolean;
}

/** A description of the guard's own. */
interface LockDescription {
  readonly own: number;
  readonly writeOnly: boolean;
}

/**
 * A description of the guard's own, so that no lock of another open file description, the user's or a sealer's, is touched. (Its
 * close(2) does end the process's classic record locks on the file, F_SETLK: fcntl(2).)
 *
 * @returns an error: the file cannot be opened once more (EACCES after a change of user, EMFILE, no /proc).
 * @throws EAGAIN: it is leased.
 */
function openForLock(files: FileOperations, { fd, path }: Changed): LockDescription | SystemError {
  let refused: SystemError | undefined;
  for (const access of [O_RDONLY, O_WRONLY]) {
    try {
      return { own: files.reopen(fd, access, path), writeOnly: access === O_WRONLY };
    } catch (error) {
      if ((error as SystemError).errno === errno.EAGAIN) throw error;
      refused ??= error as SystemError;
    }
  }
  return refused as SystemError;
}

/** Asks through the descriptor of the operation itself, which changes no lock of it. @throws `refused`: nothing tells. */
function askThrough(files: FileOperations, changed: Changed, refused: SystemError): Guarded {
  const { fd, path, mayBeSealers } = changed;
  if (isSealed(files, fd, path)) return new Guarded(true, nothing, false);
  const own = isSealersOwn(files, fd, changed, path);
  if (own === undefined && mayBeSealers && canBeSealed(files.fileSystem(fd))) throw refused;
  return new Guarded(own === true, nothing, false);
}

/** Asks the other threads and processes. */
function enterProtocol(files: FileOperations, changed: Changed): Guarded {
  const { fd, path } = changed;
  const lock = openForLock(files, changed);
  if (lock instanceof Error) return askThrough(files, changed, lock);
  const leave = (): void => files.close(lock.own); // and its lock with it
  try {
    runSync(beginMutation(files, lock.own, lock.writeOnly ? 'write-only' : 'readable', path));
    return new Guarded(isSealed(files, lock.own, path), leave);
  } catch (error) {
    leave();
    // Where there are no such locks there are no seals either, and nobody's write may fail for it.
    const failed = (error as SystemError).errno;
    if (failed !== errno.EBUSY && failed !== errno.EAGAIN && !canBeSealed(files.fileSystem(fd)))
      return new Guarded(false, nothing);
    throw error;
  }
}

/** Runs an operation on the file of a mapping that may change its block map. @throws ETXTBSY: it is sealed; as enterGuard(). */
export function* withMutationGuard<T>(
  backend: Backend,
  file: OpenFile,
  path: string | undefined,
  syscall: string,
  operation: () => Operation<T>,
): Operation<T> {
  const guarded = enterMapped(backend, file, path);
  try {
    guarded.check(syscall, path);
    return yield* operation();
  } finally {
    guarded.release();
  }
}

/** {@link enterProtocol} for a file that may be leased: it opens the file once more, which would ring a lease of this process. */
function enterQuietly(backend: Backend, changed: Changed): Guarded {
  const { dev, ino, path } = changed;
  const isSealedByLock = (): boolean => sealLockInProc(dev, ino, 'sealed');
  if (isLeasedByProcess(backend, changed) && isSealedByLock()) return new Guarded(true, nothing);
  try {
    return enterProtocol(backend.files, changed);
  } catch (error) {
    const { errno: failed, syscall } = error as SystemError;
    if (failed !== errno.EAGAIN || syscall !== 'open') throw error;
    if (isSealedByLock()) return new Guarded(true, nothing);
    throw leasedError(changed, path, undefined);
  }
}

function enterChanged(backend: Backend, changed: Changed): Guarded {
  if (!isRegular(changed)) return new Guarded(false, nothing);
  const mine = sealedInodes.size === 0 ? undefined : sealedInodes.get(inodeKey(changed));
  if (mine !== undefined) return mine.exclusive ? new Guarded(false, mine.enterAsOwner()) : new Guarded(true, nothing);
  return backend.capabilities.sealLocks ? enterQuietly(backend, changed) : new Guarded(false, nothing);
}

/** As {@link enterGuard}, for a mapping's own descriptor. */
function enterMapped(
  backend: Backend,
  { fd, dev, ino, rdev, mode, ownsDescription: isOurs }: OpenFile,
  path: string | undefined,
): Guarded {
  return enterChanged(backend, { fd, dev, ino, rdev, mode, path, mayBeSealers: !isOurs });
}

/**
 * Enters a guarded operation on the file behind `fd`. Four system calls (open, two of fcntl, close) for a regular file, none
 * for anything else.
 *
 * @param status - of `fd`.
 * @throws EBUSY, EAGAIN of the protocol (protocol.ts).
 */
export function enterGuard(backend: Backend, fd: number, { dev, ino, rdev, mode }: InodeId, path?: string): Guarded {
  return enterChanged(backend, { fd, dev, ino, rdev, mode, path, mayBeSealers: false });
}
