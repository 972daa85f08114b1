import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import type { FileOperations } from '../backend/file-operations.js';
import type { OpenFile } from '../backend/open-file.js';
import { errno, hasErrno, systemError, type SystemError } from '../core/errors.js';
import { registryPart } from '../core/registry.js';
import type { Operation } from '../core/sync-or-async.js';
import type { FileStatus } from '../storage/file-status.js';
import { inodeKey, type Inode, type InodeId } from '../storage/inode-id.js';
import { isRegular } from '../storage/inode-type.js';
import { isLeasedByProcess } from './own-leases.js';
import { hasSealLockInProc } from './proc-locks.js';
import { beginMutation, isSealedByLock } from './protocol.js';
import { canBeSealed } from './sealable.js';
import { ownsSeal } from './seal-locks.js';
import { sealedInodes } from './sealed-inodes.js';

const { O_RDONLY, O_WRONLY } = fsConstants;

/** The error of a guarded operation on a sealed file. It looks like a refusal of the kernel. */
export function sealedError(
  syscall: string,
  path: string | undefined,
  detail = 'its block map may not change until the seal is released',
): SystemError {
  return systemError(errno.ETXTBSY, syscall, path, `the file is sealed: ${detail}`);
}

/**
 * The error in place of an open(2) that would wait for the end of a lease.
 *
 * @param changes - the system call that would change the block map; undefined: the file is only read.
 * @returns ETXTBSY if the file is sealed and the call would change it, else EAGAIN.
 */
export function leasedError({ dev, ino }: Inode, path: string | undefined, changes: string | undefined): SystemError {
  if (changes !== undefined && hasSealLockInProc(dev, ino, 'sealed')) return sealedError(changes, path);
  return systemError(
    errno.EAGAIN,
    'open',
    path,
    'a process holds a lease on the file, and an open would wait for its end; close the holder, or try again',
  );
}

const nothing = (): void => undefined;

/**
 * The answer to an operation that wants to change the block map of a file: one of three outcomes. The operation calls
 * release() after its last system call, whatever the outcome; a second call does nothing.
 */
export class MutationGuard {
  private constructor(
    readonly outcome: 'allowed' | 'refused' | 'unguarded',
    private end: () => void,
  ) {}

  /** The file is not sealed, and no seal can be taken before release(), which calls `end`. */
  static allowed(end: () => void): MutationGuard {
    return new MutationGuard('allowed', end);
  }

  /** The file is sealed. A write that moves no block may still run: no other seal can be taken before release(). */
  static refused(end = nothing): MutationGuard {
    return new MutationGuard('refused', end);
  }

  /**
   * The file is not sealed, and nothing prevents a new seal: it cannot be sealed at all, or it cannot be opened a
   * second time.
   */
  static unguarded(): MutationGuard {
    return new MutationGuard('unguarded', nothing);
  }

  get sealed(): boolean {
    return this.outcome === 'refused';
  }

  /** @throws ETXTBSY: the file is sealed. */
  check(syscall: string, path?: string): void {
    if (this.sealed) throw sealedError(syscall, path);
  }

  release(): void {
    const { end } = this;
    this.end = nothing;
    end();
  }
}

/** The open file description behind the descriptor of an operation. */
export type DescriptionOwner =
  /** Belongs to this operation alone and is readable. The guard puts its lock on it; close(2) drops the lock. */
  | 'operation'
  /** Belongs to the caller, whose locks stay as they are. The guard opens a description of its own for the lock. */
  | 'caller'
  /**
   * As 'caller', and it may be a duplicate of a sealer's (after attach(), for instance), on which a seal conflicts with
   * no lock.
   */
  | 'perhaps sealer';

/** The descriptor through which an operation changes a file. */
interface Mutation extends InodeId {
  readonly fd: number;
  readonly path: string | undefined;
  readonly owner: DescriptionOwner;
}

/**
 * The one lock of all operations of this thread that run on an inode. Where inode numbers do not name files, no file
 * can be sealed.
 */
interface SharedGuard {
  readonly guard: { release(): void };
  users: number;
}

const sharedGuards = registryPart('mutation guards', () => new Map<string, SharedGuard>());

function share(key: string, shared: SharedGuard): MutationGuard {
  shared.users++;
  return MutationGuard.allowed(() => {
    if (--shared.users > 0) return;
    sharedGuards.delete(key);
    shared.guard.release();
  });
}

/** A description that carries the lock of the guard. */
interface LockDescription {
  readonly fd: number;
  readonly access: 'readable' | 'write-only';
}

/**
 * @returns the error if the file cannot be opened a second time (EACCES after a change of user, EMFILE, no /proc).
 * @throws EAGAIN: it is leased.
 */
function openLockDescription(files: FileOperations, { fd, path }: Mutation): LockDescription | SystemError {
  let refusal: SystemError | undefined;
  for (const access of [O_RDONLY, O_WRONLY]) {
    try {
      return { fd: files.reopen(fd, access, path), access: access === O_RDONLY ? 'readable' : 'write-only' };
    } catch (error) {
      if (hasErrno(error, errno.EAGAIN)) throw error;
      refusal ??= error as SystemError;
    }
  }
  return refusal as SystemError;
}

/**
 * Asks through the descriptor of the operation and changes no lock.
 *
 * @throws `refusal`: the kernel does not tell whose lock it is.
 */
function askOnly(files: FileOperations, mutation: Mutation, refusal: SystemError): MutationGuard {
  const { fd, path, owner } = mutation;
  if (isSealedByLock(files, fd, path)) return MutationGuard.refused();
  const isOwn = ownsSeal(files, fd, mutation, path);
  if (isOwn === undefined && owner === 'perhaps sealer' && canBeSealed(files.fileSystem(fd))) throw refusal;
  return isOwn === true ? MutationGuard.refused() : MutationGuard.unguarded();
}

function* lockMutation(
  files: FileOperations,
  { fd, path }: Mutation,
  lock: LockDescription,
  end: () => void,
): Operation<MutationGuard> {
  try {
    yield* beginMutation(files, lock.fd, lock.access, path);
    return isSealedByLock(files, lock.fd, path) ? MutationGuard.refused(end) : MutationGuard.allowed(end);
  } catch (error) {
    end();
    // A file system without such locks has no seals either, and no write may fail because of them.
    if (hasErrno(error, errno.EBUSY, errno.EAGAIN) || canBeSealed(files.fileSystem(fd))) throw error;
    return MutationGuard.unguarded();
  }
}

/** Asks the other threads and processes, by the locks of the protocol. */
function* enterProtocol(files: FileOperations, mutation: Mutation): Operation<MutationGuard> {
  if (mutation.owner === 'operation')
    return yield* lockMutation(files, mutation, { fd: mutation.fd, access: 'readable' }, nothing);
  // close(2) of this description drops no lock of another one. It does drop the record locks of the process (F_SETLK,
  // fcntl(2)).
  const lock = openLockDescription(files, mutation);
  if (lock instanceof Error) return askOnly(files, mutation, lock);
  return yield* lockMutation(files, mutation, lock, () => files.close(lock.fd));
}

/** {@link enterProtocol} without a wait for a lease: to open the file would break a lease of this process. */
function* enterWithoutBreak(backend: Backend, mutation: Mutation): Operation<MutationGuard> {
  const { dev, ino, path } = mutation;
  const hasSealLock = (): boolean => hasSealLockInProc(dev, ino, 'sealed');
  if (isLeasedByProcess(backend, mutation) && hasSealLock()) return MutationGuard.refused();
  try {
    return yield* enterProtocol(backend.files, mutation);
  } catch (error) {
    if (!hasErrno(error, errno.EAGAIN) || error.syscall !== 'open') throw error;
    if (hasSealLock()) return MutationGuard.refused();
    throw leasedError(mutation, path, undefined);
  }
}

/**
 * Takes the lock of the protocol; other operations of this thread share it, unless it lies on the operation's own
 * description.
 */
function* enterShared(backend: Backend, mutation: Mutation, key: string): Operation<MutationGuard> {
  const before = sharedGuards.get(key);
  if (before !== undefined) return share(key, before);
  const guard = yield* enterWithoutBreak(backend, mutation);
  if (guard.outcome !== 'allowed' || mutation.owner === 'operation') return guard;
  const meanwhile = sharedGuards.get(key); // another operation of this thread was quicker while this one waited
  if (meanwhile !== undefined) guard.release();
  const shared = meanwhile ?? { guard, users: 0 };
  sharedGuards.set(key, shared);
  return share(key, shared);
}

/**
 * Enters an operation that may change the block map. Asks the registry of this thread first, then the locks of the
 * other threads and processes: four system calls (open, two of fcntl, close), two of fcntl on a description of the
 * operation, none for anything but a regular file.
 *
 * @throws EBUSY, EAGAIN of the protocol (protocol.ts).
 */
function* enter(backend: Backend, mutation: Mutation, key: string): Operation<MutationGuard> {
  const sealed = sealedInodes.get(key);
  if (sealed !== undefined)
    return sealed.yieldsToOwner ? MutationGuard.allowed(sealed.enterAsOwner()) : MutationGuard.refused();
  return backend.capabilities.sealLocks ? yield* enterShared(backend, mutation, key) : MutationGuard.unguarded();
}

/** The registry of this thread refuses every change of the inode. Makes no system call. */
export function isRefusedByThread(inode: InodeId): boolean {
  const sealed = sealedInodes.size === 0 ? undefined : sealedInodes.get(inodeKey(inode));
  return sealed !== undefined && !sealed.yieldsToOwner;
}

/**
 * Runs an operation on the file of a mapping that may change its block map.
 *
 * @throws ETXTBSY: it is sealed; as {@link enterFile}.
 */
export function* withMutationGuard<T>(
  backend: Backend,
  file: OpenFile,
  path: string | undefined,
  syscall: string,
  operation: () => Operation<T>,
): Operation<T> {
  if (!isRegular(file)) return yield* operation();
  const { fd, dev, ino, rdev, mode, ownsDescription } = file;
  const owner = ownsDescription ? 'caller' : 'perhaps sealer';
  const guard = yield* enter(backend, { fd, dev, ino, rdev, mode, path, owner }, inodeKey(file));
  try {
    guard.check(syscall, path);
    return yield* operation();
  } finally {
    guard.release();
  }
}

/** A regular file that an operation is about to change, or whose blocks it is about to share. */
export interface GuardedFile {
  readonly fd: number;
  readonly status: FileStatus;
  readonly key: string;
  readonly sealed: boolean;
  release(): void;
}

/** A descriptor to be guarded. */
export interface FileRequest {
  readonly fd: number;
  readonly path?: string | undefined;
  /** fstat(2) of `fd`; default: asked here. undefined: `fd` is not open. */
  readonly status?: FileStatus | undefined;
  /** Default 'caller'. */
  readonly owner?: 'operation' | 'caller';
}

/** undefined: the descriptor is not open. The operation itself reports that in its own words. */
export function statusIfOpen({ files }: Backend, fd: number): FileStatus | undefined {
  try {
    return files.stat(fd);
  } catch {
    return undefined;
  }
}

/**
 * Guards a file until its release().
 *
 * @returns undefined: there is no regular file (a pipe, a device, a closed descriptor), and nothing needs a guard.
 * @throws EBUSY, EAGAIN of the protocol (protocol.ts).
 */
export function* enterFile(backend: Backend, request: FileRequest): Operation<GuardedFile | undefined> {
  const { fd, path, owner = 'caller', status = statusIfOpen(backend, fd) } = request;
  if (status === undefined || !isRegular(status)) return undefined;
  const { dev, ino, rdev, mode } = status;
  const key = inodeKey(status);
  const guard = yield* enter(backend, { fd, path, owner, dev, ino, rdev, mode }, key);
  return { fd, status, key, sealed: guard.sealed, release: () => guard.release() };
}

/** Runs `body` while the file is guarded. @throws as {@link enterFile}. */
export function* guardFile<T>(
  backend: Backend,
  request: FileRequest,
  body: (file: GuardedFile | undefined) => Operation<T>,
): Operation<T> {
  const file = yield* enterFile(backend, request);
  try {
    return yield* body(file);
  } finally {
    file?.release();
  }
}

interface OpenDescriptor {
  readonly fd: number;
  readonly status: FileStatus | undefined;
}

function orderOf({ status }: OpenDescriptor): string {
  return status === undefined ? '' : inodeKey(status);
}

/**
 * {@link guardFile} for two files. They are entered in the order of their keys, so that two operations cannot wait for
 * each other.
 */
export function* guardTwoFiles<T>(
  backend: Backend,
  one: number,
  two: number,
  body: (one: GuardedFile | undefined, two: GuardedFile | undefined) => Operation<T>,
): Operation<T> {
  const [first, second] = [one, two].map((fd) => ({ fd, status: statusIfOpen(backend, fd) })) as [
    OpenDescriptor,
    OpenDescriptor,
  ];
  if (orderOf(first) <= orderOf(second))
    return yield* guardFile(backend, first, (file) => guardFile(backend, second, (other) => body(file, other)));
  return yield* guardFile(backend, second, (other) => guardFile(backend, first, (file) => body(file, other)));
}
