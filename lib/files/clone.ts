import { constants as fsConstants, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, hasErrno, systemError } from '../core/errors.js';
import { call, type Operation } from '../core/sync-or-async.js';
import { callWithAdvice } from './advice.js';
import { guardTwoFiles, sealedError, type GuardedFile } from '../seals/mutation-guard.js';
import { namesFilesByInode } from '../storage/file-systems.js';
import { removeName } from '../file/directory-entry.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';
import { closeDescriptor, openForChange } from './open.js';
import { pathName } from './path.js';

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = fsConstants;
// A FIFO cannot be cloned, and its open must not wait for the other end. Absent on Windows.
const { O_NONBLOCK = 0 } = fsConstants as Partial<typeof fsConstants>;
const PERMISSIONS = 0o777;
const SYSCALL = 'ioctl FICLONE';

interface Destination {
  readonly fd: number;
  /** This call made the file. */
  readonly isNew: boolean;
}

/** Makes the file if it is missing. Only O_EXCL tells whether this call made it. */
function* openDestination(backend: Backend, path: PathLike, mode: number): Operation<Destination> {
  const flags = O_WRONLY | O_NONBLOCK | O_CREAT;
  try {
    return {
      fd: yield* openForChange(backend, path, { flags: flags | O_EXCL, mode, changes: SYSCALL }),
      isNew: true,
    };
  } catch (error) {
    if (!hasErrno(error, errno.EEXIST)) throw error;
  }
  // O_CREAT: EEXIST is also the answer for a dangling symbolic link.
  return {
    fd: yield* openForChange(backend, path, { flags, mode, changes: SYSCALL }),
    isNew: false,
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
 * Clones, and cuts a longer destination to the size of the source. The clone comes first: if the file system refuses
 * it, the content of the destination stays as it was. FICLONE fails with EINVAL if the destination is longer and the
 * source ends inside a block: truncate and retry.
 */
function* shareWhole(backend: Backend, source: number, destination: number, path: string): Operation<void> {
  const { size } = backend.files.stat(source);
  const longer = backend.files.stat(destination, path).size > size;
  try {
    yield* share(backend, destination, source, path);
  } catch (error) {
    if (!longer || !hasErrno(error, errno.EINVAL)) throw error;
    yield* shorten(destination, size);
    yield* share(backend, destination, source, path);
  }
  if (longer) yield* shorten(destination, size);
}

/** The two descriptors are surely of one file. Equal keys alone prove it only if inode numbers name files. */
function isOneFile({ files }: Backend, one: GuardedFile | undefined, other: GuardedFile | undefined): boolean {
  return one !== undefined && one.key === other?.key && namesFilesByInode(files.fileSystem(one.fd));
}

function checkEnds(
  backend: Backend,
  source: GuardedFile | undefined,
  destination: GuardedFile | undefined,
  path: string,
): void {
  if (isOneFile(backend, source, destination))
    throw systemError(errno.EINVAL, SYSCALL, path, 'a file is not cloned onto itself');
  if (source?.sealed === true)
    throw sealedError(
      SYSCALL,
      path,
      'a clone would share the blocks of its source; copy with copyRange(), or release the seal',
    );
  if (destination?.sealed === true) throw sealedError(SYSCALL, path);
}

function* cloneInto(backend: Backend, source: number, target: Destination, path: string): Operation<void> {
  yield* guardTwoFiles(backend, source, target.fd, function* (from, to) {
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
    if (target.isNew) removeName(destinationPath, backend.files.stat(target.fd));
    throw error;
  } finally {
    yield* closeDescriptor(target.fd);
  }
}

/** FICLONE of a whole file, rule 15. */
export function* cloneFile(backend: Backend, sourcePath: PathLike, destinationPath: string | Buffer): Operation<void> {
  const source = yield* openForChange(backend, sourcePath, { flags: O_RDONLY | O_NONBLOCK, changes: SYSCALL });
  try {
    yield* cloneOpened(backend, source, destinationPath);
  } finally {
    yield* closeDescriptor(source);
  }
}
