import type { FileOperations } from '../file-operations.js';
import type { FileStatus } from '../../storage/file-status.js';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { accessBits, accessModeOf } from '../descriptor-flags.js';
import { adviceFor, adviceIn } from '../../core/error-advice.js';
import { errno, errnoName, systemError } from '../../core/errors.js';
import { identity } from '../../storage/inode-id.js';
import { emulatedSeals, unsupported, type SealFiles } from './seal-files.js';

// Taken now: guards and mocks replace functions of the node:fs object later, and what the emulation itself reads and
// writes must not go through them.
const { accessSync, closeSync, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, openSync } = fs;
const { readFileSync, readSync, readvSync, statSync, statfsSync, writeSync } = fs;
const fdatasyncPromise = promisify(fs.fdatasync);
const fsyncPromise = promisify(fs.fsync);
const readPromise = promisify(fs.read);
const { O_RDONLY, O_RDWR, O_WRONLY, S_IFBLK, S_IFDIR, S_IFMT, S_IFREG } = fs.constants;

const BLOCK = 512; // the unit of st_blocks, whatever the file system's own is
const ASYNC_PIECE = 2 ** 24; // read at once by the thread pool, so that others get their turn there

/** An exception of node:fs as one of ours. `adviceOf`: the call whose advice fits, where it is not the failed one. */
function translated(error: unknown, syscall: string, path: string | undefined, adviceOf?: string): unknown {
  const failed = error as NodeJS.ErrnoException;
  // No errno: not a system call (Node refused an argument), and that is a fault of ours to be seen as it is.
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

/** st_mode; EBADF as fcntl(2) says it, which is what duplicating a descriptor would be. */
function modeOf(fd: number): number {
  // -1 is what a closed FileHandle has; Node would refuse it before any system call.
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
    // Anything else (EISDIR, ESPIPE) came after the access check. Windows says EPERM.
    return !['EBADF', 'EPERM', 'EACCES'].includes(codeOf(error));
  }
}

/** The access mode, told by transfers of 0 bytes: they are checked like any other and change nothing. */
export function probeAccessMode(fd: number): number {
  const nothing = new Uint8Array(0);
  // Not readSync(): Node answers a length of 0 by itself.
  const readable = allows(() => readvSync(fd, [nothing], 0));
  const writable = allows(() => writeSync(fd, nothing, 0, 0, 0));
  if (readable && writable) return O_RDWR;
  return writable ? O_WRONLY : O_RDONLY;
}

function statusOf({ dev, ino, rdev, size, mode, uid, blocks }: fs.BigIntStats): FileStatus {
  return {
    dev: identity(dev),
    ino: identity(ino),
    rdev: identity(rdev),
    size: Number(size),
    mode: Number(mode),
    uid: Number(uid),
    allocated: Number(blocks) * BLOCK,
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
    // Opening a FIFO or a device anew can block or do something, and none of them can be mapped here.
    if (type !== S_IFREG && type !== S_IFBLK && type !== S_IFDIR) throw systemError(errno.ENODEV, 'mmap');
    const path = process.platform === 'linux' ? `/proc/self/fd/${fd}` : `/dev/fd/${fd}`;
    const access = this.accessMode(fd);
    try {
      // Without the O_APPEND that the caller's may have: with it Linux appends whatever position pwrite(2) is given.
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

  /** For the real user: node:fs has no other access(2). */
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

  /** The length alone: node:fs cannot allocate blocks, so a full disk shows when bytes are written back. */
  fallocate(fd: number, mode: number, offset: number, length: number, path?: string): void {
    if (length <= 0) throw systemError(errno.EINVAL, 'fallocate', path);
    if (mode !== 0) throw unsupported('fallocate', path);
    const end = offset + length;
    if (this.stat(fd, path).size >= end) return;
    attempt('ftruncate', path, () => ftruncateSync(fd, end), 'fallocate');
  }

  async fallocateAsync(fd: number, mode: number, offset: number, length: number, path?: string): Promise<void> {
    // Synchronous on purpose. It makes a hole, so it is quick; and between an fstat and an ftruncate in the thread pool
    // the file could grow past `end` (another mapAsync of it): the ftruncate would then cut that off.
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

/** The one instance per thread: files are told apart by it. */
export const emulatedFiles: FileOperations = Object.assign(new EmulatedFiles(), emulatedSeals);

/** Fills `target` from `position` of the file on; what is past the end of the file stays as it is. */
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

/** One pwrite(2) of source[start...]; returns how many bytes it took, at least 1. */
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

/** fdatasync(2). A failure means what one of msync(2) means, and gets its advice. */
export function datasync(fd: number, path: string | undefined): void {
  attempt('fdatasync', path, () => fdatasyncSync(fd), 'msync');
}

/** As {@link datasync}, in the thread pool. */
export async function datasyncAsync(fd: number, path: string | undefined): Promise<void> {
  await attemptAsync('fdatasync', path, () => fdatasyncPromise(fd), 'msync');
}
