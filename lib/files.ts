import type { Deduped } from './backend/file-operations.js';
import type { OpenMode, PathLike } from 'node:fs';
import { guard, type GuardableFs } from './files/patch-fs/patch-fs.js';
import { operations } from './files/operations.js';
import { runAsync, runSync, type Operation } from './core/sync-or-async.js';

/**
 * Guarded file operations. An operation that would change the block map of a sealed file is refused with ETXTBSY before
 * it changes anything, whichever thread or process has sealed the file; the sealer itself is refused, too. On a file
 * that is not sealed, each operation does the same as its system call, and no seal can be taken before its end.
 *
 * A refusal looks like an error of the kernel: `code` 'ETXTBSY', `errno`, `syscall`, `path` if the call has one;
 * `offset` and `flags` of the extent in the way. The arguments have the order of node:fs; offsets, lengths and
 * positions are bytes. All operations throw ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE and ERR_OUT_OF_RANGE with the
 * name of the argument; EBUSY while another thread or process is sealing the file; EAGAIN if a lock of another program
 * covers the bytes of the seal protocol, and if the call would wait for a lease.
 *
 * Not promised: (1) programs that bypass this package are not refused (except by a seal of the kernel); (2) if the file
 * cannot be opened a second time (EACCES after a change of user, EMFILE, no /proc), an operation on a descriptor is
 * checked but does not block a new seal.
 */
export interface Files {
  /**
   * open(2). O_TRUNC ('w') of a sealed file is ETXTBSY, and its content stays.
   *
   * @param flags - those of node:fs, default 'r'. @param mode - permissions of a new file, default 0o666 less the
   *   umask.
   * @returns an ordinary descriptor, as of fs.openSync(). The caller closes it.
   * @throws ENOENT, EACCES, ... of open(2); EAGAIN: a seal of this process has a lease on the file, and the open would
   *   block the process.
   * @example
   * const fs = require('node:fs');
   * const { files } = require('mapdirect');
   * const fd = files.open('new.txt', 'w');
   * fs.closeSync(fd);
   */
  open(path: PathLike, flags?: OpenMode, mode?: number): number;
  /**
   * truncate(2) to `length` bytes; default 0. Of a sealed file every length is ETXTBSY, the present one too.
   *
   * @throws ETXTBSY: the file is sealed. ENOENT, EACCES, ... of truncate(2).
   * @example
   * const { files, map } = require('mapdirect');
   * const mapping = map('data.bin', { direct: 'require' });
   * try {
   *   files.truncate('data.bin', 0);
   * } catch (error) {
   *   console.log(error.code); // ETXTBSY
   * }
   * mapping.close();
   * files.truncate('data.bin', 0); // not sealed any more
   */
  truncate(path: PathLike, length?: number): void;
  /**
   * ftruncate(2), as {@link truncate}. A descriptor that is not open for writing is EINVAL, sealed or not.
   *
   * @throws ETXTBSY: the file is sealed. EBADF, EINVAL, ... of ftruncate(2).
   * @example
   * const fs = require('node:fs');
   * const { files } = require('mapdirect');
   * const fd = fs.openSync('data.bin', 'r+');
   * files.ftruncate(fd, 4096);
   * console.log(fs.fstatSync(fd).size); // 4096
   * fs.closeSync(fd);
   */
  ftruncate(fd: number, length?: number): void;
  /**
   * fallocate(2) of a descriptor; `mode`: bits of constants.FALLOC_FL_*; offset and length in bytes. On a sealed file
   * every mode is ETXTBSY, even one that would change nothing.
   *
   * @throws EBADF, EINVAL (a length <= 0), EOPNOTSUPP (no such mode): these errors win over the seal.
   * @example
   * // Native only: the emulation has no fallocate(2).
   * const fs = require('node:fs');
   * const { constants, files } = require('mapdirect');
   * const fd = fs.openSync('data.bin', 'r+');
   * files.fallocate(fd, constants.FALLOC_FL_PUNCH_HOLE | constants.FALLOC_FL_KEEP_SIZE, 0, 65536);
   * fs.closeSync(fd);
   */
  fallocate(fd: number, mode: number, offset: number, length: number): void;
  /**
   * write(2), or pwrite(2) with a position. Into a sealed file, a write must lie inside its size and over written
   * extents; any other write is ETXTBSY, and no byte is written. A write of 0 bytes always succeeds.
   *
   * @param offset - into the buffer, default 0. @param length - default: the rest of the buffer.
   * @param position - default: the position of the descriptor.
   * @returns bytes written. The kernel may write fewer than `length` (before an ENOSPC, for instance).
   * @throws ETXTBSY: a byte would change the blocks of a sealed file. EBADF, ENOSPC, ... of write(2).
   * @example
   * const fs = require('node:fs');
   * const { files } = require('mapdirect');
   * const fd = fs.openSync('data.bin', 'r+');
   * console.log(files.write(fd, Buffer.from('abcdef'), 2, 3, 4096)); // 3
   * fs.closeSync(fd);
   */
  write(
    fd: number,
    buffer: NodeJS.ArrayBufferView,
    offset?: number | null,
    length?: number | null,
    position?: number | null,
  ): number;
  /**
   * Writes at the end of the file with O_APPEND, even if the descriptor was opened without it. A missing file is made
   * (0o666 less the umask). On a sealed file ETXTBSY for 1 byte or more.
   *
   * @returns bytes written.
   * @throws ETXTBSY: the file is sealed. ENOENT, EACCES, ENOSPC, ... of open(2) and write(2).
   * @example
   * const { files } = require('mapdirect');
   * console.log(files.append('log.txt', Buffer.from('one\n'))); // 4
   */
  append(pathOrFd: PathLike | number, buffer: NodeJS.ArrayBufferView): number;
  /**
   * copy_file_range(2). From a sealed file it copies bytes and never shares blocks; into a sealed file the rules of
   * write() hold. It also copies bytes between two file systems, and on a kernel without the call.
   *
   * @returns bytes copied: fewer than `length` at the end of the source, or if the kernel copies fewer.
   * @throws EBADF (a descriptor is not open for its direction, or has O_APPEND), EINVAL (no regular files, or
   *   overlapping ranges), ETXTBSY.
   * @example
   * const fs = require('node:fs');
   * const { files } = require('mapdirect');
   * const from = fs.openSync('data.bin', 'r');
   * const to = fs.openSync('copy.bin', 'w');
   * console.log(files.copyRange(from, 0, to, 0, 4096)); // 4096
   * fs.closeSync(from);
   * fs.closeSync(to);
   */
  copyRange(fdIn: number, offsetIn: number, fdOut: number, offsetOut: number, length: number): number;
  /**
   * FICLONE: the destination gets the content of the source and shares its blocks. A missing destination is made with
   * the permissions of the source less the umask. After a refusal an old destination is unchanged, and a new one is
   * removed, unless it was made through a symbolic link or another file has its name by then. ETXTBSY if one of the
   * files is sealed.
   *
   * @throws EOPNOTSUPP: the file system cannot share blocks; EXDEV: two file systems; EINVAL: one file.
   * @example
   * const fs = require('node:fs');
   * const { files } = require('mapdirect');
   * try {
   *   files.clone('data.bin', 'copy.bin');
   * } catch (error) {
   *   if (error.code !== 'EOPNOTSUPP') throw error;
   *   fs.copyFileSync('data.bin', 'copy.bin'); // ext4 and tmpfs cannot share blocks
   * }
   */
  clone(sourcePath: PathLike, destinationPath: PathLike): void;
  /**
   * FIDEDUPERANGE: shares the blocks of two equal ranges of two descriptors. Offsets and length are bytes.
   *
   * @returns `bytes`: shared now; `status`: 0, 1 (the ranges differ) or a negative errno of the destination (-ETXTBSY:
   *   it is sealed).
   * @throws ETXTBSY: the source is sealed; EINVAL, EOPNOTSUPP of the ioctl.
   * @example
   * const fs = require('node:fs');
   * const { files } = require('mapdirect');
   * fs.copyFileSync('data.bin', 'copy.bin');
   * const from = fs.openSync('data.bin', 'r');
   * const to = fs.openSync('copy.bin', 'r+');
   * try {
   *   const { bytes, status } = files.dedupe(from, 0, 4096, to, 0);
   *   console.log(bytes, status); // e.g. 4096 0
   * } catch (error) {
   *   if (error.code !== 'EOPNOTSUPP') throw error; // ext4 and tmpfs cannot share blocks
   * }
   */
  dedupe(fdIn: number, offsetIn: number, length: number, fdOut: number, offsetOut: number): Deduped;
}

/**
 * {@link Files} with promises. The operation does not block the event loop. No seal can be taken before the operation
 * has ended, also if it fails. A relative path belongs to the working directory at the call, even if a chdir() follows.
 *
 * @example
 * import { files } from 'mapdirect';
 * await files.promises.truncate('data.bin', 4096);
 * await files.promises.append('data.bin', Buffer.from('more'));
 */
export type PromisedFiles = {
  [Name in keyof Files]: (...args: Parameters<Files[Name]>) => Promise<ReturnType<Files[Name]>>;
};

/** The operations, checked against the names and types of {@link Files}. */
const typedOperations: {
  [Name in keyof Files]: (...args: Parameters<Files[Name]>) => Operation<ReturnType<Files[Name]>>;
} = operations;

/** Each operation as a function of its own name that runs it in the given way. */
function eachOperation(run: (operation: Operation<unknown>) => unknown): unknown {
  const table = Object.entries(typedOperations) as [string, (...args: unknown[]) => Operation<unknown>][];
  const functions = table.map(([name, operation]) => {
    const call = (...args: unknown[]): unknown => run(operation(...args));
    return [name, Object.defineProperty(call, 'name', { value: name, configurable: true })] as const;
  });
  return Object.fromEntries(functions);
}

const promises = Object.freeze(eachOperation(async (operation) => runAsync(operation))) as PromisedFiles;

/** The guarded file operations: {@link Files}, and the same with promises. */
export const files: Files & {
  readonly promises: PromisedFiles;
  /**
   * Puts the same refusals into a node:fs object: into its functions, their callback and promise forms, streams and
   * FileHandles. A call that touches no sealed file works as before. On the real node:fs, `import { writeFileSync }
   * from 'node:fs'` is guarded too; a function that was taken from the object before is not. FileHandles that are open
   * at the first call are guarded a few turns of the event loop later.
   *
   * Several guards of one object are counted.
   *
   * @returns undoes this guard. The last undo puts back the old functions. A second call does nothing.
   * @throws ERR_INVALID_ARG_TYPE; ERR_INVALID_ARG_VALUE: an object that cannot be changed (a module's name space);
   *   ERR_BACKEND_UNAVAILABLE as map().
   * @example
   * const fs = require('node:fs');
   * const { files, map } = require('mapdirect');
   * const undo = files.guard(fs);
   * const mapping = map('data.bin', { direct: 'require' });
   * try {
   *   fs.writeFileSync('data.bin', '');
   * } catch (error) {
   *   console.log(error.code, fs.statSync('data.bin').size); // ETXTBSY 1048576
   * }
   * mapping.close();
   * undo();
   */
  guard(fs: GuardableFs): () => void;
} = Object.freeze({ ...(eachOperation(runSync) as Files), promises, guard });
