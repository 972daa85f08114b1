import { attempt } from '../storage/sysfs.js';
import type { FileOperations } from '../backend/file-operations.js';
import { constants as fsConstants, type PathLike } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import type { SystemError } from '../core/errors.js';
import { syncFs } from '../core/captured-fs.js';
import { identity, type Inode } from '../storage/inode-id.js';
import { call, type Operation } from '../core/sync-or-async.js';

/** The directory entry of a file that this package created. `path` is absolute; undefined: it is not known. */
export interface CreatedEntry {
  readonly path: string | undefined;
}

/**
 * A path that stays valid when the working directory changes. It does not use path.resolve(): the kernel applies '..'
 * to the directory that a link leads to.
 */
export function absolutePath(path: string): string {
  if (isAbsolute(path)) return path;
  const directory = attempt(() => process.cwd());
  return directory === undefined ? path : `${directory}/${path}`; // the working directory was removed, so no file can be in it
}

/** Whether the path is a name of the inode itself, not of a symbolic link to it. */
export function isNameOf(path: PathLike, inode: Inode): boolean {
  const found = attempt(() => syncFs.lstatSync(path, { bigint: true }));
  return found !== undefined && identity(found.dev) === inode.dev && identity(found.ino) === inode.ino;
}

/**
 * Removes a name if it still belongs to the inode. A failure is not reported: the caller has an error to report
 * already.
 *
 * Not promised: that no other process gives the name to another file between the check and the removal.
 */
export function removeName(path: PathLike, inode: Inode): void {
  if (isNameOf(path, inode)) attempt(() => syncFs.unlinkSync(path));
}

/** The kernel's name of an open file, with links resolved; undefined: the file has none, or there is no /proc. */
export function nameOfDescriptor(fd: number, inode: Inode): string | undefined {
  const path = attempt(() => syncFs.readlinkSync(`/proc/self/fd/${fd}`));
  return path !== undefined && isNameOf(path, inode) ? path : undefined;
}

/**
 * Errors of open(2) and fsync(2) for a directory in which files can be created, but which cannot be read, or cannot be
 * synced.
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
 * Makes the directory entry of a created file durable: fsync(2) of its directory. If the directory cannot be opened or
 * synced, or if the file was moved to another directory meanwhile, it uses syncfs(2), which writes every entry.
 *
 * @param file - the created file, open as `fd`.
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
