import { constants as fsConstants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Backend } from '../backend/backend.js';
import { errno, hasErrno, systemError, type SystemError } from '../core/errors.js';
import { absolutePath, nameOfDescriptor, type CreatedEntry } from '../file/directory-entry.js';
import type { FileStatus } from '../storage/file-status.js';
import { isRegular } from '../storage/inode-type.js';
import { attempt } from '../storage/sysfs.js';
import type { ParsedOptions } from './options.js';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = fsConstants;
// O_NONBLOCK: never wait for the other end of a FIFO, or for a lease of another process. Windows has neither flag.
const ALWAYS =
  ((fsConstants as Partial<typeof fsConstants>).O_NONBLOCK ?? 0) |
  ((fsConstants as Partial<typeof fsConstants>).O_NOCTTY ?? 0);

/** A call of map() by path. */
export interface PathRequest {
  readonly backend: Backend;
  readonly options: ParsedOptions;
  readonly path: string;
}

/** A file that was opened by path. */
export interface OpenedPath {
  readonly fd: number;
  readonly status: FileStatus;
  /** undefined: the file was there before, or may have been. */
  readonly created: CreatedEntry | undefined;
}

/** The access mode of open(2) for an access of map(). */
export function accessModeFor({ access }: ParsedOptions): number {
  return access === 'write' ? O_RDWR : O_RDONLY;
}

/** The file belongs to the effective user of this process. */
export function isOwn({ uid }: FileStatus): boolean {
  return process.geteuid === undefined || process.geteuid() === uid;
}

/** ENOENT with advice: there is no file at the path, or no file can be created there. */
function noEntry({ options, path }: PathRequest): SystemError {
  const directory = dirname(path);
  const advice =
    attempt(() => existsSync(directory)) === false // undefined: the permission model forbids the question
      ? `there is no directory '${directory}'; make it first`
      : options.create
        ? `nothing can be made in '${directory}'; name a file in a directory that holds files`
        : options.access === 'write'
          ? 'no such file; pass create: true with a size to make it'
          : undefined;
  return systemError(errno.ENOENT, 'open', path, advice);
}

function open(request: PathRequest, flags: number): number {
  try {
    return request.backend.files.open(request.path, flags | ALWAYS, request.options.mode);
  } catch (error) {
    throw hasErrno(error, errno.ENOENT) ? noEntry(request) : error;
  }
}

/** Reads the status of a new descriptor. If that fails, the descriptor is closed. */
function statusOf({ backend: { files }, path }: PathRequest, fd: number): FileStatus {
  try {
    return files.stat(fd, path);
  } catch (error) {
    files.close(fd);
    throw error;
  }
}

/** Creates the file. undefined: the name is there, perhaps as a dangling symbolic link. */
function createNew(request: PathRequest): OpenedPath | undefined {
  const path = absolutePath(request.path); // before open(2), which resolves the name against the same directory
  try {
    const fd = open(request, O_RDWR | O_CREAT | O_EXCL);
    return { fd, status: statusOf(request, fd), created: { path } };
  } catch (error) {
    if (hasErrno(error, errno.EEXIST)) return undefined;
    throw error;
  }
}

/** open(2) with O_CREAT. Its EACCES gets a reason where the permissions alone would allow the open. */
function openOrCreateDescriptor(request: PathRequest, seen: FileStatus | undefined): number {
  const { backend, path } = request;
  try {
    return open(request, O_RDWR | O_CREAT);
  } catch (error) {
    if (!hasErrno(error, errno.EACCES)) throw error;
    if (seen !== undefined) backend.files.checkAccess(path, O_RDWR); // throws if the permissions do not allow it
    const rules = 'fs.protected_regular, fs.protected_fifos and fs.protected_symlinks (proc(5))';
    const advice = `what is there belongs to another user, in a sticky directory, and ${rules} refuse create: true; map it without create, or use a directory of your own`;
    throw systemError(errno.EACCES, 'open', path, advice);
  }
}

/**
 * open(2) with O_CREAT: the kernel follows symbolic links, also a dangling one, and creates the file at its end.
 * readlink(2) would not do: another process may replace the link before the open, and the rules of the kernel for links
 * of other users in sticky directories (fs.protected_symlinks) would not apply. An existing file is opened with
 * O_CREAT, too: fs.protected_regular and fs.protected_fifos apply to such opens only.
 *
 * Without O_EXCL the kernel does not tell whether it created the file. A file counts as created if there was none a
 * moment ago, and if it is empty and belongs to our user now. A file with the inode number of the one that was there
 * before does not count, although the kernel may have used that number again.
 */
function openOrCreate(request: PathRequest, seen: FileStatus | undefined): OpenedPath {
  const fd = openOrCreateDescriptor(request, seen);
  const status = statusOf(request, fd);
  const wasThere = seen !== undefined && seen.dev === status.dev && seen.ino === status.ino;
  const isNew = !wasThere && isRegular(status) && status.size === 0 && isOwn(status);
  return { fd, status, created: isNew ? { path: nameOfDescriptor(fd, status) } : undefined };
}

/** Checks the arguments for a new file. An error of the path has priority over an error of the arguments. */
function checkNewAt({ backend, path }: PathRequest, checkNew: () => void): void {
  try {
    checkNew();
  } catch (refusal) {
    try {
      backend.files.checkAccess(path, O_RDWR);
    } catch (error) {
      if (!hasErrno(error, errno.ENOENT)) throw error;
    }
    throw refusal;
  }
}

/**
 * Opens the file at a path. With `create` a missing file is created.
 *
 * @param seen - the status of the file at the path, if the caller has it.
 * @param checkNew - throws if a new file could not be mapped with these options. Nothing is created then.
 * @throws the errors of open(2); ENOENT with advice.
 */
export function openPath(request: PathRequest, seen: FileStatus | undefined, checkNew: () => void): OpenedPath {
  const { backend, options, path } = request;
  if (!options.create) {
    const fd = open(request, accessModeFor(options));
    return { fd, status: statusOf(request, fd), created: undefined };
  }
  const found = seen ?? backend.files.statPath(path);
  if (found !== undefined) return openOrCreate(request, found);
  checkNewAt(request, checkNew);
  return createNew(request) ?? openOrCreate(request, undefined);
}
