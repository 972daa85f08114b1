import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import type { FileOperations } from '../backend/file-operations.js';
import { GET_NATIVE } from '../backend/remedy.js';
import { adviceIn } from '../core/error-advice.js';
import { errno, hasErrno, isSystemError, systemError } from '../core/errors.js';
import { registryPart } from '../core/registry.js';
import type { ParsedTarget } from '../core/target.js';
import { BackingFile } from '../file/backing-file.js';
import { leasedError } from '../seals/mutation-guard.js';
import { isLeasedByProcess } from '../seals/own-leases.js';
import { hasDescriptionLockInProc, hasLeaseInProc } from '../seals/proc-locks.js';
import { inodeIfThere, inodeKey, type InodeId } from '../storage/inode-id.js';
import { fileType, notOpened } from '../storage/inode-type.js';

const { O_NOCTTY, O_NONBLOCK, O_RDWR, O_WRONLY } = fsConstants;

/** The keys of the inodes whose writer lock this thread holds. */
const heldByThread = registryPart('writer locks', () => new Set<string>());

const held = new Set<LockFile>();

/** The writer locks that this thread holds, of this copy of the package. */
export const heldLocks: ReadonlySet<LockFile> = held;

/** Makes a call of the lock, and puts the remedy into its error. */
function withAdvice<T>(path: string | undefined, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { code, syscall } = error;
    const isOfProc = path === undefined && code === 'ENOENT'; // a descriptor is opened through /proc
    const advice = isOfProc ? undefined : adviceIn('writer', syscall, code);
    throw advice === undefined ? error : systemError(error.errno, syscall, path, advice);
  }
}

/** @throws EISDIR, ENODEV: the lock would need an open(2) that fails, or that wakes another program. */
function checkLockable(inode: InodeId, path: string | undefined): void {
  const type = fileType(inode);
  if (type === 'directory') throw systemError(errno.EISDIR, 'open', path, adviceIn('writer', 'open', 'EISDIR'));
  if (type !== 'other') return;
  if (path !== undefined) throw notOpened(path, 'for a writer lock');
  throw systemError(
    errno.ENODEV,
    'open',
    path,
    'a pipe, a socket or a device like this has no writer; use a regular file',
  );
}

/** A file that is open for the lock of its writer. */
export class LockFile {
  private readonly key: string;
  private isClosed = false;

  private constructor(
    private readonly files: FileOperations,
    readonly fd: number,
    readonly path: string | undefined,
    readonly inode: InodeId,
    /** The open file that carries a lease of this thread, with a reference; undefined: `fd` was opened for the lock. */
    private readonly leased: BackingFile | undefined,
  ) {
    this.key = inodeKey(inode);
  }

  /**
   * Opens the target, and breaks no lease. The descriptor is one of the lock's own: no other code can unlock it, and no
   * child inherits it. Only a lease of this thread, which wants to be the only open of the file, shares its descriptor.
   *
   * @returns undefined: another process has a lease on the file, and the file is locked.
   * @throws EAGAIN: the file is leased, and nobody has the lock; EOPNOTSUPP on the emulation; the errors of open(2).
   */
  static open(backend: Backend, { path, fd = -1 }: ParsedTarget): LockFile | undefined {
    const { files } = backend;
    if (!backend.capabilities.sealLocks) {
      const why = `the emulation has no locks between processes; ${GET_NATIVE}`;
      throw systemError(errno.EOPNOTSUPP, 'fcntl', path, why);
    }
    if (path === undefined) files.accessMode(fd); // EBADF, also for an O_PATH descriptor
    const inode = path === undefined ? files.stat(fd) : inodeIfThere(path);
    if (inode !== undefined) {
      checkLockable(inode, path);
      const leased = isLeasedByProcess(backend, inode) ? BackingFile.known(files, O_RDWR, inode) : undefined;
      if (leased !== undefined) return new LockFile(files, leased.fd, path, inode, leased);
      if (hasLeaseInProc(inode)) return LockFile.leasedElsewhere(inode, path);
    }
    return LockFile.openNew(files, { path, fd }, inode);
  }

  private static openNew(
    files: FileOperations,
    { path, fd = -1 }: ParsedTarget,
    seen: InodeId | undefined,
  ): LockFile | undefined {
    try {
      const own = withAdvice(path, () =>
        path === undefined ? files.reopen(fd, O_WRONLY) : files.open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY, 0),
      );
      return new LockFile(files, own, path, files.stat(own, path), undefined);
    } catch (error) {
      if (seen !== undefined && hasErrno(error, errno.EAGAIN)) return LockFile.leasedElsewhere(seen, path);
      throw error;
    }
  }

  /** The answer for a file that cannot be opened without the break of a lease. */
  private static leasedElsewhere(inode: InodeId, path: string | undefined): undefined {
    if (!hasDescriptionLockInProc(inode, 'writer')) throw leasedError(inode, path, undefined);
  }

  get isHeldByThread(): boolean {
    return heldByThread.has(this.key);
  }

  /** @returns false: another lock prevents it. */
  tryLock(): boolean {
    // A description does not conflict with itself.
    if (this.leased !== undefined && this.isHeldByThread) return false;
    if (!withAdvice(this.path, () => this.files.setLock(this.fd, 'writer', 'exclusive', this.path))) return false;
    held.add(this);
    heldByThread.add(this.key);
    return true;
  }

  /** The process that has the lock, as fcntl(2) tells it. -1: an open file description. undefined: the lock is free. */
  holder(): number | undefined {
    return this.files.findLock(this.fd, 'writer', this.path)?.pid;
  }

  /** Ends the lock, if it is held, and closes the descriptor. A second call does nothing. */
  close(): void {
    const { files, fd, path, leased } = this;
    if (this.isClosed) return;
    this.isClosed = true;
    if (held.delete(this)) {
      heldByThread.delete(this.key);
      files.setLock(fd, 'writer', 'none', path);
    }
    if (leased === undefined) files.close(fd);
    else leased.release();
  }
}
