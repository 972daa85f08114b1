import type { Progress } from '../core/progress.js';
import { throwIfAborted } from '../core/validators.js';
import { isZeroDevice } from '../storage/inode-type.js';
import { isRegular } from '../storage/inode-type.js';
import { attempt } from '../storage/sysfs.js';
import type { Region } from '../backend/region.js';
import type { OpenFile } from '../backend/open-file.js';
import type { BackingFile } from './backing-file.js';
import type { Access } from '../core/access.js';
import type { Backend } from '../backend/backend.js';
import { removeName, syncEntry, type CreatedEntry } from './directory-entry.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import { runAsync, runSync } from '../core/sync-or-async.js';

// Between two parts of an asynchronous allocation an abort is heard and progress is told.
const PART = 2 ** 30;

/** Length, blocks and (of a new file) the directory entry are on the disk after it. */
function syncSize(backend: Backend, file: OpenFile, made: CreatedEntry | undefined, path: string | undefined): void {
  file.sync(path);
  if (made !== undefined) runSync(syncEntry(backend, file, made));
}

/** What is left behind by a failed allocation, added to its error. `made`: nothing, as far as {@link removeCreated} may remove it. */
function explain(error: unknown, file: OpenFile, size: number, path: string | undefined, made?: CreatedEntry): unknown {
  const failed = error as SystemError;
  if (failed.code !== 'ENOSPC' && failed.code !== 'EDQUOT') return error;
  const { allocated, size: length } = file.files.stat(file.fd, path);
  const left =
    made === undefined
      ? `the file is now ${length} bytes long with ${allocated} bytes allocated, what was in it is intact`
      : 'the file that was made for them is removed again';
  return systemError(
    failed.errno,
    failed.syscall,
    path,
    `${size} bytes were asked for; ${left}. Free some space or map less`,
  );
}

/** Makes the file at least `size` long, every block allocated, durably. `made`: its entry, if it was made for this. @throws ENOSPC, EOPNOTSUPP, ... */
export function allocateFile(
  backend: Backend,
  file: OpenFile,
  path: string | undefined,
  size: number,
  made: CreatedEntry | undefined,
): void {
  if (file.device !== undefined) return; // it has the size that it has, and that was checked
  try {
    backend.files.fallocate(file.fd, /*mode=*/ 0, 0, size, path);
  } catch (error) {
    throw explain(error, file, size, path, made);
  }
  syncSize(backend, file, made, path);
}

/** {@link allocateFile} off the main thread. */
export async function allocateFileAsync(
  backend: Backend,
  file: OpenFile,
  path: string | undefined,
  size: number,
  made: CreatedEntry | undefined,
  signal: AbortSignal | undefined,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<void> {
  if (file.device !== undefined) return;
  for (let done = 0; done < size; done += PART) {
    throwIfAborted(signal);
    const part = Math.min(PART, size - done);
    try {
      await backend.files.fallocateAsync(file.fd, /*mode=*/ 0, done, part, path);
    } catch (error) {
      throw explain(error, file, size, path, made);
    }
    onProgress?.({ phase: 'allocate', done: done + part, total: size });
  }
  await file.syncAsync(path);
  if (made !== undefined) await runAsync(syncEntry(backend, file, made));
}

/** Makes the file long enough for a region that grows to `length`. A device has the size that it has. */
export function resizeFile(
  backend: Backend,
  region: Region,
  access: Access,
  length: number,
  path: string | undefined,
): void {
  const { file, offset } = region;
  if (file === undefined)
    throw systemError(errno.EOPNOTSUPP, 'mmap', path, 'a mapping without a file cannot grow; use anonymous()');
  if (isZeroDevice(file))
    throw systemError(errno.EOPNOTSUPP, 'mmap', path, 'a mapping of /dev/zero cannot grow; use anonymous()');
  const end = offset + length;
  const size = file.size;
  if (end <= size) return;
  if (!isRegular(file)) throw systemError(errno.EINVAL, 'mmap', path, `the device ends at ${size}, before ${end}`);
  if (access !== 'write') {
    throw systemError(
      errno.EACCES,
      'fallocate',
      path,
      `the file ends at ${size}, before ${end}; only access: 'write' makes it longer`,
    );
  }
  try {
    backend.files.fallocate(file.fd, /*mode=*/ 0, size, end - size, path);
  } catch (error) {
    throw explain(error, file, end, path);
  }
  syncSize(backend, file, undefined, path);
}

/**
 * Takes back a file that was made here, to be `size` long, for a mapping that then failed: if its name still means that file, nobody
 * else in this thread has opened it meanwhile, and nobody has made it longer.
 *
 * Not promised: that no other thread or process uses it. The kernel does not say who has a file mapped.
 */
export function removeCreated(file: BackingFile, { path }: CreatedEntry, size: number): void {
  if (path === undefined || file.openedElsewhere || (attempt(() => file.size) ?? Infinity) > size) return;
  removeName(path, file);
}
