import { type BigIntStats, fstatSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { constants as platform } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { errno, systemError } from '../core/errors.js';
import type { ParsedTarget } from '../core/target.js';
import { fileType, notOpened, type FileType } from '../storage/inode-type.js';
import { attempt } from '../storage/sysfs.js';

/** The location of a target, found without opening a file. */
export interface TargetLocation {
  readonly kind: FileType;
  readonly status: BigIntStats;
  /** The caller's own descriptor. */
  readonly fd?: number;
  /**
   * The absolute path, with symbolic links resolved. If the file has no name any more: the path as it was given. If the
   * target does not exist: the path that it would have.
   */
  readonly path?: string;
  /** The directory of the target. A scratch file there is a neighbour of the target. */
  readonly directory?: string;
  /** The target does not exist; `status` and `kind` describe `directory`. */
  readonly missing?: boolean;
}

function statOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

/**
 * Is `path` a name of the file? Names under /proc/self/fd outlive their files: then they are missing, or another file.
 */
function leadsTo(path: string, status: BigIntStats): boolean {
  const found = path.startsWith('/') ? statOf(path) : undefined;
  return found !== undefined && found.dev === status.dev && found.ino === status.ino;
}

/** The path that `read` returns, if it is absolute and still a name of the file. */
function nameFrom(read: () => string, status: BigIntStats): string | undefined {
  try {
    const path = read();
    return leadsTo(path, status) ? path : undefined;
  } catch {
    return undefined; // no /proc, or no permission to look at the path
  }
}

/** In Deno, fstat() of a descriptor that Deno has not opened is EBADF; /proc has a name for it. */
function statusOf(fd: number): BigIntStats {
  try {
    return fstatSync(fd, { bigint: true });
  } catch (error) {
    const named = process.platform === 'linux' ? attempt(() => statOf(`/proc/self/fd/${fd}`)) : undefined;
    if (named === undefined) throw error;
    return named;
  }
}

function locateDescriptor(fd: number): TargetLocation {
  let status: BigIntStats;
  try {
    // A closed FileHandle has the descriptor -1, and Node's error for it is ERR_OUT_OF_RANGE.
    if (fd < 0) throw systemError(errno.EBADF, 'fstat');
    status = statusOf(fd);
  } catch (error) {
    throw systemError((error as NodeJS.ErrnoException).errno ?? errno.EBADF, 'fstat');
  }
  const kind = fileType(status);
  const path = nameFrom(() => readlinkSync(`/proc/self/fd/${fd}`), status);
  const directory = kind === 'directory' ? `/proc/self/fd/${fd}` : path === undefined ? undefined : dirname(path);
  return { kind, status, fd, path, directory };
}

function locateMissing(path: string): TargetLocation {
  const parent = dirname(path);
  const status = statOf(parent);
  if (status === undefined) throw systemError(errno.ENOENT, 'open', path, 'neither the file nor its directory exists');
  if (!status.isDirectory()) throw systemError(-platform.errno.ENOTDIR, 'open', path);
  const directory = realpathSync(parent);
  const absolute = join(directory, basename(path));
  // A dangling symbolic link: the file would be made at its destination. (A circle of links was ELOOP in statOf().)
  if (lstatSync(absolute, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    const destination = readlinkSync(absolute);
    return locatePath(isAbsolute(destination) ? destination : `${directory}/${destination}`);
  }
  return { kind: 'directory', status, path: absolute, directory, missing: true };
}

function locatePath(path: string): TargetLocation {
  const status = statOf(path);
  if (status === undefined) return locateMissing(path);
  const kind = fileType(status);
  // Resolve the links: a neighbour of a symbolic link may be on another file system than the file.
  const real = nameFrom(() => realpathSync(path), status);
  if (real === undefined) return { kind, status, path, directory: kind === 'directory' ? path : undefined };
  return { kind, status, path: real, directory: kind === 'directory' ? real : dirname(real) };
}

/**
 * Finds the target, or the directory in which it would be made.
 *
 * @throws the error of stat(2). ENOENT if the directory does not exist either. EBADF for a closed descriptor. ENODEV
 *   for a path of a pipe, a socket or a character device other than a device-dax, because opening one has effects (it
 *   can start a watchdog, rewind a tape or wake a writer). A descriptor that is open already is not refused.
 */
export function locateTarget({ path, fd }: ParsedTarget): TargetLocation {
  const location = path === undefined ? locateDescriptor(fd ?? -1) : locatePath(path);
  if (path !== undefined && location.kind === 'other') throw notOpened(path, 'to probe it');
  return location;
}

/** A path for statfs(2), which needs no open file. */
export function statfsPath({ fd, path, directory, missing }: TargetLocation): string {
  if (fd !== undefined) return `/proc/self/fd/${fd}`;
  return (missing === true ? directory : path) ?? '.';
}
