import type { Deduped } from './backend/file-operations.js';
import type { OpenMode, PathLike } from 'node:fs';
import { guard, type GuardableFs } from './files/patch-fs/patch-fs.js';
import { operations } from './files/operations.js';
import { runAsync, runSync } from './core/sync-or-async.js';

/**
 * Guarded file operations: each is refused with ETXTBSY, before anything happens, where it would change the block map of a
 * file that somebody has sealed, in this or another thread or process; the sealer is refused as everybody is. On a file that
 * is not sealed each does what its system call does, and no seal can come about before it has ended.
 *
 * A refusal looks like the kernel's: `code` 'ETXTBSY', `errno`, `syscall`, `path` where there is one; `offset` and `flags` of the
 * extent in the way. Arguments in the order of node:fs; offsets, lengths and positions in bytes. All of them throw
 * ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE and ERR_OUT_OF_RANGE naming the argument; EBUSY while somebody is just sealing
 * the file; EAGAIN where a stranger locks the bytes of the seal protocol, and where a lease would make the call wait.
 *
 * Not promised: who does not go through this package (or a seal that the kernel keeps) is not held off; nor is
 * a sealer by an operation on a descriptor whose file cannot be opened once more (another user's by now, no descriptor left, no /proc).
 */
export interface Files {
  /**
   * open(2). O_TRUNC ('w') on what is sealed is ETXTBSY, content intact.
   *
   * @param flags - as node:fs has them, default 'r'. @param mode - of a file made here, default 0o666 less the umask.
   * @returns an ordinary descriptor of the caller's, as fs.openSync() gives.
   * @throws ENOENT, EACCES, ... of open(2); EAGAIN: a seal of this process has a lease on the file, and the open would freeze it.
   * @example
   * const fs = require('node:fs');
   * const { files } = require('mapdirect');
   * const fd = files.open('new.txt', 'w');
   * fs.closeSync(fd);
   */
  open(path: PathLike, flags?: OpenMode, mode?: number): number;
  /**
   * truncate(2), default to 0. While sealed any length is ETXTBSY, the one that it has too.
   *
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
   * ftruncate(2), likewise. A descriptor that cannot be written is EINVAL, as ever.
   *
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
   * fallocate(2); `mode`: constants.FALLOC_FL_*. While sealed every mode is ETXTBSY, the ones that would change nothing too.
   *
   * @throws EBADF, EINVAL (a length <= 0), EOPNOTSUPP (no such mode): these win over the seal.
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
   * write(2), or pwrite(2) with a position. While sealed only what lies inside the size and over written extents; else ETXTBSY and
   * not one byte is written. 0 bytes are always fine.
   *
   * @param offset - into the buffer, default 0. @param length - default: the rest of it. @param position - default: the descriptor's.
   * @returns bytes written; fewer than asked for only for the kernel's reasons (ENOSPC comes next).
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
   * Writes at the end, with O_APPEND: also of a descriptor that was opened without it. A path is made if it is missing (0o666 less
   * the umask). While sealed ETXTBSY for 1 byte or more.
   *
   * @returns bytes written.
   * @example
   * const { files } = require('mapdirect');
   * console.log(files.append('log.txt', Buffer.from('one\n'))); // 4
   */
  append(pathOrFd: PathLike | number, buffer: NodeJS.ArrayBufferView): number;
  /**
   * copy_file_range(2). From a sealed file bytes are copied and never blocks shared; into one, the rules of write() hold. Between two
   * file systems, and where the kernel has no such call, bytes are copied too.
   *
   * @returns bytes copied: less than `length` at the end of the source, and for the kernel's reasons.
   * @throws EBADF (not open so, or O_APPEND), EINVAL (no regular files, ranges that overlap), ETXTBSY.
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
   * FICLONE: the destination becomes the source, blocks shared. It is made if it is missing, with the source's permissions less the
   * umask; a refusal leaves one that was there as it was, and removes one that was not (not one made through a symbolic link, and not
   * what has its name by then). ETXTBSY with either end sealed.
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
   * FIDEDUPERANGE: shares the blocks of two ranges that are equal.
   *
   * @returns `bytes` that are shared now, and `status`: 0, 1 (they differ) or a negative errno of the destination's, -ETXTBSY when it is sealed.
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
 * {@link Files}, promised. A relative path is that of the moment of the call, whatever chdir() follows. The event loop is not blocked by the operation; a seal is held off until it has ended, also when it fails.
 *
 * @example
 * import { files } from 'mapdirect';
 * await files.promises.truncate('data.bin', 4096);
 * await files.promises.append('data.bin', Buffer.from('more'));
 */
export type PromisedFiles = {
  [Name in keyof Files]: (...args: Parameters<Files[Name]>) => Promise<ReturnType<Files[Name]>>;
};

const promises: PromisedFiles = Object.freeze({
  open: async (...args) => runAsync(operations.open(...args)),
  truncate: async (...args) => runAsync(operations.truncate(...args)),
  ftruncate: async (...args) => runAsync(operations.ftruncate(...args)),
  fallocate: async (...args) => runAsync(operations.fallocate(...args)),
  write: async (...args) => runAsync(operations.write(...args)),
  append: async (...args) => runAsync(operations.append(...args)),
  copyRange: async (...args) => runAsync(operations.copyRange(...args)),
  clone: async (...args) => runAsync(operations.clone(...args)),
  dedupe: async (...args) => runAsync(operations.dedupe(...args)),
} satisfies PromisedFiles);

/** @see Files */
export const files: Files & {
  readonly promises: PromisedFiles;
  /**
   * Puts the same refusals into a node:fs object: its functions, the callback and promise forms, streams and FileHandles. What
   * does not touch a sealed file does what it did before. For the real node:fs `import { writeFileSync } from 'node:fs'` sees it too;
   * a function that was taken from the object before does not. FileHandles that
   * are open already are guarded a few turns of the event loop later, the first time.
   *
   * Guarding an object twice is counted.
   *
   * @returns the undo: with the last one everything is as it was. Calling it again does nothing.
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
} = Object.freeze({
  open: (...args: Parameters<Files['open']>) => runSync(operations.open(...args)),
  truncate: (...args: Parameters<Files['truncate']>) => runSync(operations.truncate(...args)),
  ftruncate: (...args: Parameters<Files['ftruncate']>) => runSync(operations.ftruncate(...args)),
  fallocate: (...args: Parameters<Files['fallocate']>) => runSync(operations.fallocate(...args)),
  write: (...args: Parameters<Files['write']>) => runSync(operations.write(...args)),
  append: (...args: Parameters<Files['append']>) => runSync(operations.append(...args)),
  copyRange: (...args: Parameters<Files['copyRange']>) => runSync(operations.copyRange(...args)),
  clone: (...args: Parameters<Files['clone']>) => runSync(operations.clone(...args)),
  dedupe: (...args: Parameters<Files['dedupe']>) => runSync(operations.dedupe(...args)),
  promises,
  guard,
});
