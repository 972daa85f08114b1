import type { FileOperations } from '../file-operations.js';
import type { FileStatus } from '../../storage/file-status.js';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { accessBits, accessModeOf } from '../descriptor-flags.js';
import { adviceFor, adviceIn } from '../../core/error-advice.js';
import { errno, errnoName, systemError } from '../../core/errors.js';
import { inodeIdOf } from '../../storage/inode-id.js';
import { emulatedSeals, unsupported, type SealFiles } from './seal-files.js';

// Captured now: guards and mocks replace functions of the node:fs object later, and the emulation's own reads and
// writes must not go through them.
const { accessSync, closeSync, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, openSync } = fs;
const { readFileSync, readSync, readvSync, statSync, statfsSync, writeSync } = fs;
const fdatasyncPromise = promisify(fs.fdatasync);
const fsyncPromise = promisify(fs.fsync);
const readPromise = promisify(fs.read);
const { O_RDONLY, O_RDWR, O_WRONLY, S_IFBLK, S_IFDIR, S_IFMT, S_IFREG } = fs.constants;

const BLOCK = 512; // the unit of st_blocks on every file system
const ASYNC_PIECE = 2 ** 24; // bytes of one read in the thread pool, so that other calls get a thread

/**
 * Turns an exception of node:fs into a system error.
 * @param adviceOf - the call whose advice fits, if not the failed one.
 */
function translated(error: unknown, syscall: string, path: string | undefined, adviceOf?: string): unknown {
  const failed = error as NodeJS.ErrnoException;
  // No errno: Node refused an argument. That is a fault of this package, so the error stays as it is.
  if (typeof failed.errno !== 'number') return error;
  const call = failed.syscall ?? syscall;
  const code = errnoName(failed.errno);
  const advice = adviceIn('emulation', call, code) ?? adviceFor(adviceOf ?? call, code);
  return systemError(failed.errno, call, path, advice);
}

function attempt<T>(syscall: string, path: string | undefined, call: () => T, adviceOf?: string): T {
  try {
    return call();
  } catch (error) {
    throw translated(error, syscall, path, adviceOf);
  }
}

async function attemptAsync<T>(
  syscall: string,
  path: string | undefined,
  call: () => Promise<T>,
  adviceOf?: string,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translated(error, syscall, path, adviceOf);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** st_mode. @throws EBADF as of fcntl(2), the call that would duplicate the descriptor. */
function modeOf(fd: number): number {
  // A closed FileHandle has -1. Node would refuse it before any system call.
  if (fd < 0) throw systemError(errno.EBADF, 'fcntl');
  try {
    return fstatSync(fd).mode;
  } catch (error) {
    if (codeOf(error) === 'EBADF') throw systemError(errno.EBADF, 'fcntl');
    throw translated(error, 'fstat', undefined);
  }
}

function allows(probe: () => unknown): boolean {
  try {
    probe();
    return true;
  } catch (error) {
    // Any other error (EISDIR, ESPIPE) comes after the access check. Windows answers EPERM.
    return !['EBADF', 'EPERM', 'EACCES'].includes(codeOf(error));
  }
}

/** The access mode, found by transfers of 0 bytes: the system checks them like any other, and they change nothing. */
export function probeAccessMode(fd: number): number {
  const nothing = new Uint8Array(0);
  // Not readSync(): Node makes no system call for length 0.
  const readable = allows(() => readvSync(fd, [nothing], 0));
  const writable = allows(() => writeSync(fd, nothing, 0, 0, 0));
  if (readable && writable) return O_RDWR;
  return writable ? O_WRONLY : O_RDONLY;
}

function statusOf(status: fs.BigIntStats): FileStatus {
  return {
    ...inodeIdOf(status),
    size: Number(status.size),
    uid: Number(status.uid),
    allocated: Number(status.blocks) * BLOCK,
    mount: 0,
    dax: undefined,
  };
}

const NO_SYNCFS =
  'the entry of the new file in this directory cannot be made durable: the directory cannot be opened for reading, or not be synced, and the emulation has no syncfs(2); give yourself read permission on it, or get the native backend: npm rebuild mapdirect';

/** {@link FileOperations} over node:fs. */
class EmulatedFiles implements Omit<FileOperations, keyof SealFiles> {
  open(path: string, flags: number, mode: number): number {
    return attempt('open', path, () => openSync(path, flags, mode));
  }

  adopt(fd: number): number {
    const type = modeOf(fd) & S_IFMT;
    // A new open of a FIFO or a device can block or have an effect, and the emulation maps neither.
    if (type !== S_IFREG && type !== S_IFBLK && type !== S_IFDIR) throw systemError(errno.ENODEV, 'mmap');
    const path = process.platform === 'linux' ? `/proc/self/fd/${fd}` : `/dev/fd/${fd}`;
    const access = this.accessMode(fd);
    try {
      // Without O_APPEND, which the caller's descriptor may have: with it Linux ignores the position of pwrite(2).
      return openSync(path, access);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EMFILE' || code === 'ENFILE') throw translated(error, 'open', undefined);
      throw systemError(
        errno.EOPNOTSUPP,
        'open',
        undefined,
        `map by path: the emulation cannot duplicate a descriptor, only open it anew, and that failed for ${fd} (${code})`,
      );
    }
  }

  close(fd: number): void {
    attempt('close', undefined, () => closeSync(fd));
  }

  stat(fd: number, path?: string): FileStatus {
    return statusOf(attempt('fstat', path, () => fstatSync(fd, { bigint: true })));
  }

  statPath(path: string): FileStatus | undefined {
    try {
      return statusOf(statSync(path, { bigint: true }));
    } catch {
      return undefined;
    }
  }

  /** Checks the real user: node:fs has no other access(2). */
  checkAccess(path: string, accessMode: number): void {
    try {
      accessSync(path, accessBits(accessMode));
    } catch (error) {
      throw systemError((error as NodeJS.ErrnoException).errno ?? errno.EACCES, 'open', path);
    }
  }

  accessMode(fd: number): number {
    modeOf(fd);
    let info: string;
    try {
      info = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
    } catch {
      return probeAccessMode(fd); // no /proc
    }
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
    return flags === undefined ? probeAccessMode(fd) : accessModeOf(parseInt(flags, 8));
  }

  appends(): boolean {
    return false;
  }

  fileSystem(fd: number): number {
    if (process.platform !== 'linux') return 0;
    try {
      return statfsSync(`/proc/self/fd/${fd}`).type;
    } catch {
      return 0;
    }
  }

  /** Sets the length only. node:fs cannot allocate blocks, so a full disk shows when bytes are written back. */
  fallocate(fd: number, mode: number, offset: number, length: number, path?: string): void {
    if (length <= 0) throw systemError(errno.EINVAL, 'fallocate', path);
    if (mode !== 0) throw unsupported('fallocate', path);
    const end = offset + length;
    if (this.stat(fd, path).size >= end) return;
    attempt('ftruncate', path, () => ftruncateSync(fd, end), 'fallocate');
  }

  async fallocateAsync(fd: number, mode: number, offset: number, length: number, path?: string): Promise<void> {
    // Synchronous, because it is quick (it makes a hole), and safe: between an fstat and an ftruncate in the thread
    // pool another mapAsync() could grow the file past `end`, and the ftruncate would remove that part.
    this.fallocate(fd, mode, offset, length, path);
  }

  truncate(fd: number, length: number, path?: string): void {
    attempt('ftruncate', path, () => ftruncateSync(fd, length));
  }

  sync(fd: number, path?: string): void {
    attempt('fsync', path, () => fsyncSync(fd));
  }

  async syncAsync(fd: number, path?: string): Promise<void> {
    await attemptAsync('fsync', path, () => fsyncPromise(fd));
  }

  syncFileSystem(_fd: number, path?: string): void {
    throw systemError(errno.EOPNOTSUPP, 'syncfs', path, NO_SYNCFS);
  }

  async syncFileSystemAsync(fd: number, path?: string): Promise<void> {
    this.syncFileSystem(fd, path);
  }
}

/** The one instance of each thread. The registry of open files distinguishes backends by it. */
export const emulatedFiles: FileOperations = Object.assign(new EmulatedFiles(), emulatedSeals);

/**
 * Fills `target` with the bytes of the file from `position`. The part of `target` past the end of the file stays
 * unchanged.
 */
export function readFully(fd: number, target: Uint8Array, position: number, path: string | undefined): void {
  for (let done = 0; done < target.length;) {
    const count = attempt('read', path, () => readSync(fd, target, done, target.length - done, position + done));
    if (count === 0) return;
    done += count;
  }
}

/** As {@link readFully}, in the thread pool. */
export async function readFullyAsync(
  fd: number,
  target: Uint8Array,
  position: number,
  path: string | undefined,
): Promise<void> {
  for (let done = 0; done < target.length;) {
    const length = Math.min(ASYNC_PIECE, target.length - done);
    const { bytesRead } = await attemptAsync('read', path, () =>
      readPromise(fd, target, done, length, position + done),
    );
    if (bytesRead === 0) return;
    done += bytesRead;
  }
}

/** One pwrite(2) of source[start...]. @returns the number of bytes written, at least 1. */
export function writeSome(
  fd: number,
  source: Uint8Array,
  start: number,
  position: number,
  path: string | undefined,
): number {
  const count = attempt('write', path, () => writeSync(fd, source, start, source.length - start, position));
  if (count === 0) throw systemError(errno.ENOSPC, 'write', path, adviceIn('emulation', 'write', 'ENOSPC'));
  return count;
}

/** fdatasync(2). A failure means the same as one of msync(2), and gets the same advice. */
export function datasync(fd: number, path: string | undefined): void {
  attempt('fdatasync', path, () => fdatasyncSync(fd), 'msync');
}

/** As {@link datasync}, in the thread pool. */
export async function datasyncAsync(fd: number, path: string | undefined): Promise<void> {
  await attemptAsync('fdatasync', path, () => fdatasyncPromise(fd), 'msync');
}
