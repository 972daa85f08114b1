import { constants as fsConstants, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, type SystemError } from '../core/errors.js';
import { sealedError } from '../seals/protocol.js';
import { call, type Operation } from '../core/sync-or-async.js';
import { callWithAdvice } from './advice.js';
import { readDescription } from './description.js';
import { guardOne, type Entered } from './enter.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';
import { closeDescriptor, descriptorOpener, openForChange } from './open.js';
import { openLook, pathName } from './path-guard.js';

const { O_RDWR } = fsConstants;

/** What no file can have: fallocate(2) refuses it for that (EFBIG) only after it found everything else in order. */
const PAST_EVERY_FILE = 2 ** 62;

/** Rule 8, any size. A descriptor that cannot be written fails by itself (EINVAL), and that wins. */
export function checkResize(backend: Backend, file: Entered | undefined, syscall: string, path?: string): void {
  if (file !== undefined && file.sealed && readDescription(backend, file.fd).writable) throw sealedError(syscall, path);
}

/** ftruncate(2); also to the size that it has. */
export function* truncateFile(
  backend: Backend,
  fd: number,
  length: number,
  syscall = 'ftruncate',
  path?: string,
): Operation<void> {
  yield* guardOne(backend, fd, path, function* (file) {
    checkResize(backend, file, syscall, path);
    yield* call(
      () => syncFs.ftruncateSync(fd, length),
      () => asyncFs.ftruncate(fd, length),
    );
  });
}

/** truncate(2). */
export function* truncatePath(backend: Backend, path: PathLike, length: number): Operation<void> {
  const fd = yield* openForChange(backend, path, O_RDWR, 0, 'truncate');
  try {
    yield* truncateFile(backend, fd, length, 'truncate', pathName(path));
  } finally {
    yield* closeDescriptor(fd);
  }
}

/** open(2) for writing would succeed: where it does not, that error wins over a seal. */
function* isWritable(path: PathLike): Operation<boolean> {
  try {
    yield* closeDescriptor(yield* descriptorOpener(0).open(path, O_RDWR));
    return true;
  } catch {
    return false;
  }
}

/**
 * truncate() of node:fs, made by `original`, which somebody may have put there, with no seal of the file about to come.
 *
 * Not promised: a name that is given to another file during the call.
 */
export function* truncateThrough(
  backend: Backend,
  path: PathLike,
  original: () => Operation<unknown>,
): Operation<unknown> {
  const look = yield* openLook(backend, path, 0, 'truncate');
  try {
    return yield* guardOne(backend, look.fd, pathName(path), function* (file) {
      if (file?.sealed === true && (yield* isWritable(path))) throw sealedError('truncate', pathName(path));
      return yield* original();
    });
  } finally {
    look.close();
  }
}

/** Throws what the kernel has against such a call, whatever the range. */
function checkAllocationMode(backend: Backend, fd: number, mode: number): void {
  if (!backend.capabilities.allocate && mode === 0) return; // the emulation would make the file that long
  try {
    backend.files.fallocate(fd, mode, PAST_EVERY_FILE, PAST_EVERY_FILE);
  } catch (error) {
    if ((error as SystemError).errno !== errno.EFBIG) throw error;
  }
}

/** fallocate(2), rule 10: a bad descriptor, length or mode wins over the seal. */
export function* allocateRange(
  backend: Backend,
  fd: number,
  mode: number,
  offset: number,
  length: number,
): Operation<void> {
  const { files } = backend;
  yield* guardOne(backend, fd, undefined, function* (file) {
    if (file !== undefined && file.sealed && offset >= 0 && length > 0) {
      yield* callWithAdvice(
        undefined,
        () => checkAllocationMode(backend, fd, mode),
        async () => checkAllocationMode(backend, fd, mode),
      );
      throw sealedError('fallocate', undefined);
    }
    yield* callWithAdvice(
      undefined,
      () => files.fallocate(fd, mode, offset, length),
      () => files.fallocateAsync(fd, mode, offset, length),
    );
  });
}
