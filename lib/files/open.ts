import { constants as fsConstants, type Mode, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { ACCESS_MODE } from '../backend/descriptor-flags.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';
import { systemError, type SystemError } from '../core/errors.js';
import { call, type Operation } from '../core/sync-or-async.js';
import { enterFile, isRefusedByThread, sealedError, type FileRequest } from '../seals/mutation-guard.js';
import { inodeKey, type InodeId } from '../storage/inode-id.js';
import { isRegular } from '../storage/inode-type.js';
import { mayTruncate } from './open-flags.js';
import { checkLease, findInode, guardPath, openUnleased, WITHOUT_WAITING, type GuardedPath } from './path-guard.js';
import { pathName } from './path.js';

const { O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fsConstants;
const { O_NOFOLLOW = 0 } = fsConstants as Partial<typeof fsConstants>; // absent on Windows

/** The way a file is opened, and the result for its user: a descriptor, or a FileHandle. */
export interface Opener<F> {
  open(path: PathLike, flags: number): Operation<F>;
  descriptor(file: F): number;
  close(file: F): Operation<void>;
}

/** Opens through node:fs, so that node:fs knows the descriptor of its user. */
export function descriptorOpener(mode: Mode | undefined): Opener<number> {
  return {
    open: (path, flags) =>
      call(
        () => syncFs.openSync(path, flags, mode),
        () => asyncFs.open(path, flags, mode),
      ),
    descriptor: (fd) => fd,
    close: closeDescriptor,
  };
}

export function* closeDescriptor(fd: number): Operation<void> {
  yield* call(
    () => syncFs.closeSync(fd),
    () => asyncFs.close(fd),
  );
}

function* truncateToNothing(backend: Backend, fd: number, flags: number): Operation<void> {
  if ((flags & ACCESS_MODE) !== O_RDONLY) {
    yield* call(
      () => syncFs.ftruncateSync(fd, 0),
      () => asyncFs.ftruncate(fd, 0),
    );
    return;
  }
  // Linux truncates with O_RDONLY too, if the caller may write to the file.
  const own = backend.files.reopen(fd, O_WRONLY);
  try {
    backend.files.truncate(own, 0);
  } finally {
    backend.files.close(own);
  }
}

/** The caller made one open(2), so the error names that call. */
function asOpen(error: unknown, path: PathLike): unknown {
  const { errno, syscall } = error as SystemError;
  return typeof errno === 'number' && syscall === 'ftruncate' ? systemError(errno, 'open', pathName(path)) : error;
}

/**
 * The second half of O_TRUNC.
 *
 * @param found - the file at the path before the open.
 * @returns ends the guard.
 */
function* truncateOpened(
  backend: Backend,
  fd: number,
  path: PathLike,
  flags: number,
  found: GuardedPath,
): Operation<() => void> {
  const name = pathName(path);
  const status = backend.files.stat(fd, name);
  // The path may lead to another file by now: that one gets a guard of its own.
  const other = found.key === inodeKey(status) ? undefined : yield* enterFile(backend, { fd, path: name, status });
  try {
    if ((other ?? found).sealed !== false) throw sealedError('open', name);
    // A new file is empty already, and a truncation would only be a hint of a change for its watchers.
    const isNew = found.type === 'missing' && status.size === 0;
    if (isRegular(status) && !isNew) yield* truncateToNothing(backend, fd, flags);
    return () => {
      other?.release();
      found.release();
    };
  } catch (error) {
    other?.release();
    throw asOpen(error, path);
  }
}

/** An open file. If it was truncated, no seal of it can be taken before release(), which is called once. */
export interface GuardedOpen<F> {
  readonly file: F;
  readonly release: () => void;
}

function* openAndTruncate<F>(
  backend: Backend,
  opener: Opener<F>,
  path: PathLike,
  flags: number,
  found: GuardedPath,
): Operation<GuardedOpen<F>> {
  if (found.sealed === 'by this thread') throw sealedError('open', pathName(path));
  if (found.type === 'other') return { file: yield* opener.open(path, flags), release: () => found.release() };
  const file = yield* opener.open(path, flags & ~O_TRUNC);
  try {
    return { file, release: yield* truncateOpened(backend, opener.descriptor(file), path, flags, found) };
  } catch (error) {
    yield* opener.close(file);
    throw error;
  }
}

/**
 * open(2) that does not truncate a sealed file: it is opened without O_TRUNC, and then truncated through its
 * descriptor.
 *
 * @throws the errors of `opener`; ETXTBSY: O_TRUNC of a sealed file; EAGAIN: the file is leased; as {@link enterFile}.
 */
export function* openGuarded<F>(
  backend: Backend,
  opener: Opener<F>,
  path: PathLike,
  flags: number,
): Operation<GuardedOpen<F>> {
  if (!mayTruncate(flags)) {
    yield* checkLease(backend, path);
    return { file: yield* opener.open(path, flags), release: () => undefined };
  }
  const found = yield* guardPath(backend, path, { changes: 'open', noFollow: flags & O_NOFOLLOW });
  try {
    return yield* openAndTruncate(backend, opener, path, flags, found);
  } catch (error) {
    found.release();
    throw error;
  }
}

/** {@link openGuarded}, and the guard ends with the open. */
export function* openUnguarded<F>(backend: Backend, opener: Opener<F>, path: PathLike, flags: number): Operation<F> {
  const { file, release } = yield* openGuarded(backend, opener, path, flags);
  release();
  return file;
}

/** An open(2) that precedes a change of the block map. */
export interface OpenForChange {
  readonly flags: number;
  /** Permissions of a file that the open makes. Default 0. */
  readonly mode?: number;
  /** The system call of the change; undefined: the file is only read. */
  readonly changes: string | undefined;
}

function* openInode(
  backend: Backend,
  path: PathLike,
  inode: InodeId | undefined,
  { flags, mode = 0, changes }: OpenForChange,
): Operation<number> {
  const opener = descriptorOpener(mode);
  if (inode === undefined || !isRegular(inode)) return yield* opener.open(path, flags);
  return yield* openUnleased(backend, inode, path, changes, () => opener.open(path, flags | WITHOUT_WAITING));
}

/** Opens a file for a change, and never waits for the end of a lease. The caller closes the descriptor. */
export function* openForChange(backend: Backend, path: PathLike, request: OpenForChange): Operation<number> {
  return yield* openInode(backend, path, yield* findInode(path, { followLinks: true }), request);
}

/** The file may be written to but not read: EACCES, or the code of Node's permission model. */
function isUnreadable(error: unknown): boolean {
  const { code } = error as SystemError;
  return code === 'EACCES' || code === 'ERR_ACCESS_DENIED';
}

/**
 * {@link openForChange} for one operation that closes the descriptor at its end, so that the lock of its guard can lie
 * on it: opened for reading too, if the file is readable.
 *
 * @param refusal - the error if this thread has sealed the file; then nothing is opened.
 */
export function* openForGuard(
  backend: Backend,
  path: PathLike,
  request: OpenForChange & { readonly refusal: (() => SystemError) | undefined },
): Operation<FileRequest> {
  const inode = yield* findInode(path, { followLinks: true });
  const { flags, refusal } = request;
  if (refusal !== undefined && inode !== undefined && isRefusedByThread(inode)) throw refusal();
  if (inode === undefined || isRegular(inode)) {
    const readable = (flags & ~ACCESS_MODE) | O_RDWR;
    try {
      return { fd: yield* openInode(backend, path, inode, { ...request, flags: readable }), owner: 'operation' };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
    }
  }
  return { fd: yield* openInode(backend, path, inode, request), owner: 'caller' };
}
