import { attempt } from '../storage/sysfs.js';
import { type BigIntStats, fstatSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { constants as platform } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { errno, systemError } from '../core/errors.js';
import type { ParsedTarget } from '../core/target.js';
import { fileType, notOpened, type FileType } from '../storage/inode-type.js';

/** Where a target is, found without opening anything. */
export interface TargetLocation {
  readonly kind: FileType;
  readonly status: BigIntStats;
  /** The caller's own descriptor. */
  readonly fd?: number;
  /**
   * Absolute, symbolic links resolved (as it was given, if it leads to a file that has no name any more). Of a target that
   * does not exist: what it would be called.
   */
  readonly path?: string;
  /** The directory in which a scratch file is a neighbour of the target. */
  readonly directory?: string;
  /** The target does not exist: `status` and `kind` are those of `directory`. */
  readonly missing?: boolean;
}

function statOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Does the name lead to that very file? Names under /proc/self/fd outlive their files, and lead nowhere or elsewhere. */
function leadsTo(path: string, status: BigIntStats): boolean {
  const found = path.startsWith('/') ? statOf(path) : undefined;
  return found !== undefined && found.dev === status.dev && found.ino === status.ino;
}

/** A name from `read`, absolute, if it is still that file's. */
function nameFrom(read: () => string, status: BigIntStats): string | undefined {
  try {
    const path = read();
    return leadsTo(path, status) ? path : undefined;
  } catch {
    return undefined; // No /proc, or a name that we may not look at: the same as none.
  }
}

/** The node:fs of Deno calls a descriptor that it has not opened itself bad; under /proc it has a name. */
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
    // Node calls a descriptor of -1, which a closed FileHandle has, out of range.
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
  // A symbolic link to nothing: the file would be made where the link points to. (A circle of them was ELOOP before.)
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
  // The true path: a neighbour of a symbolic link may be on another file system than the file.
  const real = nameFrom(() => realpathSync(path), status);
  if (real === undefined) return { kind, status, path, directory: kind === 'directory' ? path : undefined };
  return { kind, status, path: real, directory: kind === 'directory' ? real : dirname(real) };
}

/**
 * Finds the target, or the directory in which it would be made.
 *
 * @throws what stat(2) answers; ENOENT when the directory is missing too; EBADF for a closed descriptor. ENODEV for a
 *   path that names a pipe, a socket or a character device other than a device-dax: opening one can do something to it
 *   (start a watchdog, rewind a tape, wake a writer). A descriptor that is open already is not refused.
 */
export function locateTarget({ path, fd }: ParsedTarget): TargetLocation {
  const place = path === undefined ? locateDescriptor(fd ?? -1) : locatePath(path);
  if (path !== undefined && place.kind === 'other') throw notOpened(path, 'to probe it');
  return place;
}

/** What statfs(2) can be asked about when nothing is open. */
export function statfsPath({ fd, path, directory, missing }: TargetLocation): string {
  if (fd !== undefined) return `/proc/self/fd/${fd}`;
  return (missing === true ? directory : path) ?? '.';
}
