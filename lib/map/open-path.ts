import { isRegular } from '../storage/inode-type.js';
import { attempt } from '../storage/sysfs.js';
import type { FileStatus } from '../storage/file-status.js';
import { constants as fsConstants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Backend } from '../backend/backend.js';
import { absolutePath, nameOfDescriptor, type CreatedEntry } from '../file/directory-entry.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import type { ParsedOptions } from './options.js';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = fsConstants;
// O_NONBLOCK: never wait for a FIFO's other end or for somebody's lease. Absent on Windows.
const ALWAYS =
  ((fsConstants as Partial<typeof fsConstants>).O_NONBLOCK ?? 0) |
  ((fsConstants as Partial<typeof fsConstants>).O_NOCTTY ?? 0);

/** A file that was opened by path: its descriptor, and what it is. */
export interface OpenedPath {
  readonly fd: number;
  readonly status: FileStatus;
  /** undefined: it was there before, or that cannot be ruled out. */
  readonly made: CreatedEntry | undefined;
}

/** The access mode of open(2) for an access of map(). */
export function accessModeFor({ access }: ParsedOptions): number {
  return access === 'write' ? O_RDWR : O_RDONLY;
}

/** It belongs to the user that this process acts as. */
export function isOwn({ uid }: FileStatus): boolean {
  return process.geteuid === undefined || process.geteuid() === uid;
}

/** Nothing is at `path`, or nothing could be made there: with what would help. */
function noEntry(path: string, options: ParsedOptions): SystemError {
  const directory = dirname(path);
  const advice =
    attempt(() => existsSync(directory)) === false // undefined: the permission model forbids the look
      ? `there is no directory '${directory}'; make it first`
      : options.create
        ? `nothing can be made in '${directory}'; name a file in a directory that holds files`
        : options.access === 'write'
          ? 'no such file; pass create: true with a size to make it'
          : undefined;
  return systemError(errno.ENOENT, 'open', path, advice);
}

function open(backend: Backend, path: string, flags: number, options: ParsedOptions): number {
  try {
    return backend.files.open(path, flags | ALWAYS, options.mode);
  } catch (error) {
    throw (error as SystemError).code === 'ENOENT' ? noEntry(path, options) : error;
  }
}

function opened(
  backend: Backend,
  fd: number,
  path: string,
  madeAs: (status: FileStatus) => CreatedEntry | undefined,
): OpenedPath {
  try {
    const status = backend.files.stat(fd, path);
    return { fd, status, made: madeAs(status) };
  } catch (error) {
    backend.files.close(fd);
    throw error;
  }
}

/** undefined: something is there, perhaps only a symbolic link that leads to nothing. */
function openNew(backend: Backend, path: string, options: ParsedOptions): OpenedPath | undefined {
  const at = absolutePath(path); // before the open: it is the name that is made
  try {
    return opened(backend, open(backend, path, O_RDWR | O_CREAT | O_EXCL, options), path, () => ({ path: at }));
  } catch (error) {
    if ((error as SystemError).code === 'EEXIST') return undefined;
    throw error;
  }
}

/** Why O_CREAT is EACCES where the permissions alone would allow the open. */
function withReason<T>({ files }: Backend, path: string, seen: FileStatus | undefined, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if ((error as SystemError).code !== 'EACCES') throw error;
    if (seen !== undefined) files.checkAccess(path, O_RDWR); // no permission: it says so
    const rules = 'fs.protected_regular, fs.protected_fifos and fs.protected_symlinks (proc(5))';
    throw systemError(
      errno.EACCES,
      'open',
      path,
      `what is there belongs to another user, in a sticky directory, and ${rules} refuse create: true; map it without create, or use a directory of your own`,
    );
  }
}

/** @throws what is wrong with the path, else with the arguments. */
function checkNewAt({ files }: Backend, path: string, checkNew: () => void): void {
  try {
    checkNew();
  } catch (refusal) {
    try {
      files.checkAccess(path, O_RDWR);
    } catch (error) {
      if ((error as SystemError).code !== 'ENOENT') throw error;
    }
    throw refusal;
  }
}

/**
 * The kernel follows symbolic links here, also one that leads to nothing, and makes the file there. Not readlink(2): between that and an open
 * somebody may put another link, and the kernel's rules for links of others in sticky directories (fs.protected_symlinks) would not be
 * asked. O_CREAT for a file that is there too: fs.protected_regular and fs.protected_fifos are about such opens only.
 *
 * Without O_EXCL the kernel does not say whether it made the file. One that was not there a moment ago, and is empty and our user's now, is
 * taken for made; one with the number of what was there is not, though the kernel may have given that out again.
 */
function openOrMake(backend: Backend, path: string, options: ParsedOptions, seen: FileStatus | undefined): OpenedPath {
  const fd = withReason(backend, path, seen, () => open(backend, path, O_RDWR | O_CREAT, options));
  return opened(backend, fd, path, (status) => {
    const wasThere = seen !== undefined && seen.dev === status.dev && seen.ino === status.ino;
    if (wasThere || !isRegular(status) || status.size > 0 || !isOwn(status)) return undefined;
    return { path: nameOfDescriptor(fd, status) };
  });
}

/**
 * Opens the file at a path as `options` want it, and makes it with `create`.
 *
 * @param seen - what is at the path, if that was looked at. @param checkNew - throws where a file made with these options could not be mapped.
 * @throws what open(2) answers, ENOENT with what would help.
 */
export function openPath(
  backend: Backend,
  path: string,
  options: ParsedOptions,
  seen: FileStatus | undefined,
  checkNew: () => void,
): OpenedPath {
  if (!options.create)
    return opened(backend, open(backend, path, accessModeFor(options), options), path, () => undefined);
  const there = seen ?? backend.files.statPath(path);
  if (there !== undefined) return openOrMake(backend, path, options, there);
  checkNewAt(backend, path, checkNew); // refused for its arguments: nothing is made
  return openNew(backend, path, options) ?? openOrMake(backend, path, options, undefined);
}
