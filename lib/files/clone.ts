import { constants as fsConstants, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import { sealedError } from '../seals/protocol.js';
import { call, type Operation } from '../core/sync-or-async.js';
import { callWithAdvice } from './advice.js';
import { guardTwo, isOneFile, type Entered } from './enter.js';
import { removeName } from '../file/directory-entry.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';
import { closeDescriptor, openForChange } from './open.js';
import { pathName } from './path-guard.js';

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = fsConstants;
// Never waits for the other end of a FIFO, which cannot be cloned. Absent on Windows.
const { O_NONBLOCK = 0 } = fsConstants as Partial<typeof fsConstants>;
const PERMISSIONS = 0o777;

interface Destination {
  readonly fd: number;
  readonly made: boolean;
}

/** Made if it is missing; that it was not there before is known only from O_EXCL. */
function* openDestination(backend: Backend, path: PathLike, mode: number): Operation<Destination> {
  try {
    return {
      fd: yield* openForChange(backend, path, O_WRONLY | O_NONBLOCK | O_CREAT | O_EXCL, mode, 'ioctl FICLONE'),
      made: true,
    };
  } catch (error) {
    if ((error as SystemError).code !== 'EEXIST') throw error;
  }
  // O_CREAT: what is there may be a symbolic link to nothing.
  return {
    fd: yield* openForChange(backend, path, O_WRONLY | O_NONBLOCK | O_CREAT, mode, 'ioctl FICLONE'),
    made: false,
  };
}

function* shorten(fd: number, length: number): Operation<void> {
  yield* call(
    () => syncFs.ftruncateSync(fd, length),
    () => asyncFs.ftruncate(fd, length),
  );
}

function* share(backend: Backend, to: number, from: number, path: string): Operation<void> {
  yield* callWithAdvice(
    path,
    () => backend.files.clone(to, from, path),
    () => backend.files.cloneAsync(to, from, path),
  );
}

/**
 * A longer destination is cut to the source's size, but not before the file system has shown that it can clone: a
 * refusal leaves the content as it was. A length in the middle of a block is the one thing it refuses for what is there.
 */
function* shareWhole(backend: Backend, source: number, destination: number, path: string): Operation<void> {
  const { size } = backend.files.stat(source);
  const longer = backend.files.stat(destination, path).size > size;
  try {
    yield* share(backend, destination, source, path);
  } catch (error) {
    if (!longer || (error as SystemError).errno !== errno.EINVAL) throw error;
    yield* shorten(destination, size);
    yield* share(backend, destination, source, path);
  }
  if (longer) yield* shorten(destination, size);
}

function checkEnds(
  backend: Backend,
  source: Entered | undefined,
  destination: Entered | undefined,
  path: string,
): void {
  if (isOneFile(backend, source, destination))
    throw systemError(errno.EINVAL, 'ioctl FICLONE', path, 'a file is not cloned onto itself');
  if (source?.sealed === true)
    throw sealedError(
      'ioctl FICLONE',
      path,
      'a clone would share the blocks of its source; copy with copyRange(), or release the seal',
    );
  if (destination?.sealed === true) throw sealedError('ioctl FICLONE', path);
}

function* cloneInto(backend: Backend, source: number, target: Destination, path: string): Operation<void> {
  yield* guardTwo(backend, source, target.fd, function* (from, to) {
    checkEnds(backend, from, to, path);
    yield* shareWhole(backend, source, target.fd, path);
  });
}

function* cloneOpened(backend: Backend, source: number, destinationPath: string | Buffer): Operation<void> {
  const mode = backend.files.stat(source).mode & PERMISSIONS;
  const target = yield* openDestination(backend, destinationPath, mode);
  try {
    yield* cloneInto(backend, source, target, pathName(destinationPath));
  } catch (error) {
    if (target.made) removeName(destinationPath, backend.files.stat(target.fd));
    throw error;
  } finally {
    yield* closeDescriptor(target.fd);
  }
}

/** FICLONE of a whole file, rule 15. */
export function* cloneFile(backend: Backend, sourcePath: PathLike, destinationPath: string | Buffer): Operation<void> {
  const source = yield* openForChange(backend, sourcePath, O_RDONLY | O_NONBLOCK, 0, 'ioctl FICLONE');
  try {
    yield* cloneOpened(backend, source, destinationPath);
  } finally {
    yield* closeDescriptor(source);
  }
}
