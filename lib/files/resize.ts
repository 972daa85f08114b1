import { constants as fsConstants, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';
import { errno, hasErrno, type SystemError } from '../core/errors.js';
import type { Operation } from '../core/sync-or-async.js';
import { guardFile, sealedError, type FileRequest, type GuardedFile } from '../seals/mutation-guard.js';
import { callWithAdvice } from './advice.js';
import { isWritable } from './description.js';
import { closeDescriptor, descriptorOpener, openForGuard } from './open.js';
import { guardPath } from './path-guard.js';
import { pathName } from './path.js';

const { O_RDWR } = fsConstants;

/** No file can be that long. fallocate(2) refuses it (EFBIG) only after everything else was found in order. */
const PAST_EVERY_FILE = 2 ** 62;

/** Rule 8, any size. A descriptor that is not writable fails by itself (EINVAL), and that error wins over the seal. */
export function checkResize(backend: Backend, file: GuardedFile | undefined, syscall: string, path?: string): void {
  if (file !== undefined && file.sealed && isWritable(backend, file.fd)) throw sealedError(syscall, path);
}

function* truncateGuarded(backend: Backend, request: FileRequest, length: number, syscall: string): Operation<void> {
  const { fd, path } = request;
  yield* guardFile(backend, request, function* (file) {
    checkResize(backend, file, syscall, path);
    yield* callWithAdvice(
      path,
      () => syncFs.ftruncateSync(fd, length),
      () => asyncFs.ftruncate(fd, length),
    );
  });
}

/** ftruncate(2), also to the present size. */
export function* truncateFile(
  backend: Backend,
  fd: number,
  length: number,
  syscall = 'ftruncate',
  path?: string,
): Operation<void> {
  yield* truncateGuarded(backend, { fd, path }, length, syscall);
}

/** truncate(2). */
export function* truncatePath(backend: Backend, path: PathLike, length: number): Operation<void> {
  const name = pathName(path);
  const refusal = (): SystemError => sealedError('truncate', name);
  const opened = yield* openForGuard(backend, path, { flags: O_RDWR, changes: 'truncate', refusal });
  try {
    yield* truncateGuarded(backend, { ...opened, path: name }, length, 'truncate');
  } finally {
    yield* closeDescriptor(opened.fd);
  }
}

/** open(2) for writing succeeds. If it does not, its error wins over a seal. */
function* canBeOpened(path: PathLike): Operation<boolean> {
  try {
    yield* closeDescriptor(yield* descriptorOpener(0).open(path, O_RDWR));
    return true;
  } catch {
    return false;
  }
}

/**
 * truncate() of node:fs. `original` makes the call: it may be a function that other code has put in place of node:fs's
 * own.
 *
 * Not promised: the right answer if the name is given to another file during the call.
 */
export function* truncateThrough(
  backend: Backend,
  path: PathLike,
  original: () => Operation<unknown>,
): Operation<unknown> {
  const found = yield* guardPath(backend, path, { changes: 'truncate' });
  try {
    if (found.sealed === 'by this thread' || (found.sealed === 'by others' && (yield* canBeOpened(path))))
      throw sealedError('truncate', pathName(path));
    return yield* original();
  } finally {
    found.release();
  }
}

/** Throws the error that the kernel has for such a call with any range. */
function checkAllocationMode(backend: Backend, fd: number, mode: number): void {
  if (!backend.capabilities.allocate && mode === 0) return; // the emulation would extend the file
  try {
    backend.files.fallocate(fd, mode, PAST_EVERY_FILE, PAST_EVERY_FILE);
  } catch (error) {
    if (!hasErrno(error, errno.EFBIG)) throw error;
  }
}

/** fallocate(2), rule 10: the error of a bad descriptor, length or mode wins over the seal. */
export function* allocateRange(
  backend: Backend,
  fd: number,
  mode: number,
  offset: number,
  length: number,
): Operation<void> {
  const { files } = backend;
  yield* guardFile(backend, { fd }, function* (file) {
    if (file !== undefined && file.sealed && offset >= 0 && length > 0) {
      const check = (): void => checkAllocationMode(backend, fd, mode);
      yield* callWithAdvice(undefined, check, async () => check());
      throw sealedError('fallocate', undefined);
    }
    yield* callWithAdvice(
      undefined,
      () => files.fallocate(fd, mode, offset, length),
      () => files.fallocateAsync(fd, mode, offset, length),
    );
  });
}
