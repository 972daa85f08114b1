import type { OpenFile } from '../backend/open-file.js';
import type { Region } from '../backend/region.js';
import type { Access } from '../core/access.js';
import { errno, hasErrno, systemError } from '../core/errors.js';
import type { Progress } from '../core/progress.js';
import { call, runSync, type Operation } from '../core/sync-or-async.js';
import { isRegular, isZeroDevice } from '../storage/inode-type.js';
import { attempt } from '../storage/sysfs.js';
import type { BackingFile } from './backing-file.js';
import { removeName, syncEntry, type CreatedEntry } from './directory-entry.js';

/** The part of a file that gets blocks. */
interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/** fallocate(2) with mode 0: the range gets blocks, and the file ends at the end of the range or later. */
function* allocateRange({ files, fd }: OpenFile, { offset, length }: FileRange, path?: string): Operation<void> {
  yield* call(
    () => files.fallocate(fd, /*mode=*/ 0, offset, length, path),
    () => files.fallocateAsync(fd, /*mode=*/ 0, offset, length, path),
  );
}

/** The error of a failed allocation, with the state of the file after it. */
function withFileState(
  error: unknown,
  file: OpenFile,
  { path, size, created }: Pick<Allocation, 'path' | 'size' | 'created'>,
): unknown {
  if (!hasErrno(error, errno.ENOSPC, errno.EDQUOT)) return error;
  const { allocated, size: length } = file.files.stat(file.fd, path);
  const left =
    created === undefined
      ? `the file is now ${length} bytes long with ${allocated} bytes allocated, what was in it is intact`
      : 'the file that was made for them is removed again';
  const advice = `${size} bytes were asked for; ${left}. Free some space or map less`;
  return systemError(error.errno, error.syscall, path, advice);
}

/** The request to {@link allocateFile}. Sizes in bytes. */
export interface Allocation {
  readonly path: string | undefined;
  readonly size: number;
  /** The directory entry, if map() created the file; undefined: the file was there before. */
  readonly created: CreatedEntry | undefined;
  /** The largest range of one fallocate(2). An abort is heard, and progress is reported, between two parts. */
  readonly partSize: number;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/**
 * Makes a file at least `size` long and allocates every block of it. On return length, blocks and the directory entry
 * of a new file are on the disk. A device-dax keeps its size, which the caller has checked.
 *
 * @throws ENOSPC, EDQUOT, EOPNOTSUPP, EIO, ...
 */
export function* allocateFile(file: OpenFile, allocation: Allocation): Operation<void> {
  if (file.device !== undefined) return;
  const { path, size, created, partSize, onProgress } = allocation;
  for (let done = 0; done < size;) {
    const length = Math.min(partSize, size - done);
    try {
      yield* allocateRange(file, { offset: done, length }, path);
    } catch (error) {
      throw withFileState(error, file, allocation);
    }
    done += length;
    onProgress?.({ phase: 'allocate', done, total: size });
  }
  yield* file.sync(path);
  if (created !== undefined) yield* syncEntry(file, created);
}

/**
 * Makes the file long enough for a region that grows to `length` bytes, as {@link allocateFile} does. A file that is
 * long enough stays as it is.
 *
 * @throws EOPNOTSUPP (no file, /dev/zero), EINVAL (past the end of a device), EACCES (not access 'write'), ENOSPC,
 *   EDQUOT, ...
 */
export function growFile({ file, offset }: Region, access: Access, length: number, path: string | undefined): void {
  if (file === undefined)
    throw systemError(errno.EOPNOTSUPP, 'mmap', path, 'a mapping without a file cannot grow; use anonymous()');
  if (isZeroDevice(file))
    throw systemError(errno.EOPNOTSUPP, 'mmap', path, 'a mapping of /dev/zero cannot grow; use anonymous()');
  const end = offset + length;
  const size = file.size;
  if (end <= size) return;
  if (!isRegular(file)) throw systemError(errno.EINVAL, 'mmap', path, `the device ends at ${size}, before ${end}`);
  if (access !== 'write') {
    const advice = `the file ends at ${size}, before ${end}; only access: 'write' makes it longer`;
    throw systemError(errno.EACCES, 'fallocate', path, advice);
  }
  try {
    runSync(allocateRange(file, { offset: size, length: end - size }, path));
  } catch (error) {
    throw withFileState(error, file, { path, size: end, created: undefined });
  }
  runSync(file.sync(path));
}

/**
 * Removes a file that map() created, after the mapping failed. The file stays if its name belongs to another file now,
 * if this thread has opened it again, or if it is longer than `size` bytes.
 *
 * Not promised: that no other thread or process uses the file. The kernel does not tell which processes have mapped a
 * file.
 */
export function removeCreated(file: BackingFile, { path }: CreatedEntry, size: number): void {
  if (path === undefined || file.openedElsewhere || (attempt(() => file.size) ?? Infinity) > size) return;
  removeName(path, file);
}
