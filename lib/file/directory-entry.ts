import { attempt } from '../storage/sysfs.js';
import type { FileOperations } from '../backend/file-operations.js';
import { constants as fsConstants, type PathLike } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import type { SystemError } from '../core/errors.js';
import { syncFs } from '../core/captured-fs.js';
import { identity, type Inode } from '../storage/inode-id.js';
import { call, type Operation } from '../core/sync-or-async.js';

/** The directory entry of a file that was made here. `path` is absolute; undefined: it is not known. */
export interface CreatedEntry {
  readonly path: string | undefined;
}

/**
 * The same file, whatever becomes of the working directory. Not path.resolve(): '..' after a link is of the directory
 * that the link leads to.
 */
export function absolutePath(path: string): string {
  if (isAbsolute(path)) return path;
  const directory = attempt(() => process.cwd());
  return directory === undefined ? path : `${directory}/${path}`; // it was removed: nothing else can be there
}

/** It is the name of that very file, and no link to it. */
export function isNameOf(path: PathLike, inode: Inode): boolean {
  const found = attempt(() => syncFs.lstatSync(path, { bigint: true }));
  return found !== undefined && identity(found.dev) === inode.dev && identity(found.ino) === inode.ino;
}

/**
 * Removes a name, if it is still that file's. No failure is told: the error that brought the caller here is the one to
 * report.
 *
 * Not promised: that nobody gives the name to another file between the look and the removal.
 */
export function removeName(path: PathLike, inode: Inode): void {
  if (isNameOf(path, inode)) attempt(() => syncFs.unlinkSync(path));
}

/** The name by which the kernel knows an open file, links resolved; undefined: it has none, or there is no /proc. */
export function nameOfDescriptor(fd: number, inode: Inode): string | undefined {
  const path = attempt(() => syncFs.readlinkSync(`/proc/self/fd/${fd}`));
  return path !== undefined && isNameOf(path, inode) ? path : undefined;
}

/**
 * What open(2) and fsync(2) answer for a directory in which files can be made, and which cannot be opened for reading
 * or not be synced.
 */
const CANNOT_BE_SYNCED: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'ENOENT',
  'ENOTDIR',
  'EINVAL',
  'EOPNOTSUPP',
  'ENOSYS',
  'EROFS',
]);

function unlessItCannot(error: unknown): void {
  if (!CANNOT_BE_SYNCED.has((error as SystemError).code)) throw error;
}

function openDirectory(files: FileOperations, directory: string): number | undefined {
  try {
    // O_DIRECTORY: Node's permission model, which may allow the file alone, is not asked about its directory.
    return files.open(directory, fsConstants.O_RDONLY | fsConstants.O_DIRECTORY, 0);
  } catch (error) {
    unlessItCannot(error);
    return undefined;
  }
}

function* syncDirectory(files: FileOperations, directory: string): Operation<boolean> {
  const fd = openDirectory(files, directory);
  if (fd === undefined) return false;
  try {
    yield* call(
      () => files.sync(fd, directory),
      () => files.syncAsync(fd, directory),
    );
    return true;
  } catch (error) {
    unlessItCannot(error);
    return false;
  } finally {
    files.close(fd);
  }
}

/**
 * The directory entry of a file that was made here is on the disk after it: fsync(2) of its directory; where that
 * cannot be opened or synced, or somebody has moved the file out of it meanwhile, syncfs(2), which takes every entry
 * along.
 *
 * @param file - `fd` is open on it.
 * @throws EIO, ENOSPC, EMFILE, ...; on the emulation EOPNOTSUPP where syncfs(2) is needed. The error names the
 *   directory.
 */
export function* syncEntry(
  file: Inode & { readonly fd: number; readonly files: FileOperations },
  { path }: CreatedEntry,
): Operation<void> {
  const { files } = file;
  if (process.platform === 'win32') return; // no directory can be opened there
  const directory = path === undefined ? undefined : dirname(path);
  if (path !== undefined && directory !== undefined && isNameOf(path, file) && (yield* syncDirectory(files, directory)))
    return;
  yield* call(
    () => files.syncFileSystem(file.fd, directory),
    () => files.syncFileSystemAsync(file.fd, directory),
  );
}
