import { constants as fsConstants } from 'node:fs';
import type { Backend } from './backend/backend.js';
import { selectBackend } from './backend/select.js';
import { errno, systemError } from './core/errors.js';
import { runSync } from './core/sync-or-async.js';
import { parseTarget, type Target } from './core/target.js';
import { readExtentMap, type Extent } from './file/extent-map.js';
import { leasedFileAt } from './seals/own-leases.js';
import { deviceDaxOf } from './storage/device-dax.js';
import { inodeIfThere } from './storage/inode-id.js';
import { fileType, notOpened } from './storage/inode-type.js';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = fsConstants;

/**
 * Opening a FIFO for a moment would make its writer lose bytes: only files and devices are opened.
 *
 * @throws EISDIR, ENODEV.
 */
function checkHasExtents(path: string): void {
  const inode = inodeIfThere(path);
  const type = inode === undefined ? 'file' : fileType(inode); // for a wrong path open(2) has the error
  if (type === 'directory')
    throw systemError(errno.EISDIR, 'open', path, 'a directory has no bytes of its own; name a file in it');
  if (type === 'other' || type === 'block') throw notOpened(path, 'for its extents');
}

/** A descriptor for reading extents. */
interface ExtentReader {
  readonly fd: number;
  readonly close: () => void;
}

/**
 * A descriptor of our own, since SEEK_DATA moves its position. If this thread has a lease on the file, the descriptor
 * of the lease: one more open would break the lease.
 */
function openForExtents(backend: Backend, path: string | undefined, fd: number): ExtentReader {
  const { files } = backend;
  const leased = path === undefined ? undefined : leasedFileAt(backend, path)?.file;
  if (leased !== undefined) return { fd: leased.fd, close: () => leased.release() };
  if (path === undefined) files.accessMode(fd); // EBADF
  const own = path === undefined ? files.reopen(fd, O_RDONLY) : files.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  return { fd: own, close: () => files.close(own) };
}

/**
 * The extents of a file, from offset 0 to its size, in order: offset and length in bytes, and flags. Holes are extents,
 * too. Neighbours of the same flags that follow each other on the disk are joined. Changes nothing and writes nothing
 * back: data that has no block yet is 'delalloc'.
 *
 * There are no physical addresses, on purpose: FIEMAP is no way to address a disk. On a file system without FIEMAP
 * (tmpfs) data is 'unknown', and SEEK_HOLE finds the holes. A device-dax is one extent.
 *
 * Not promised: that the answer is still true on return. A seal promises that.
 *
 * @param target - A path, a file: URL, a descriptor or a FileHandle that can be read.
 * @throws ENOENT, EACCES, EBADF; EISDIR for a directory; ENODEV for the path of a pipe, a socket or a device other than
 *   a device-dax, which is not opened; EAGAIN if another process has a lease on the file.
 * @example
 * const { extents } = require('mapdirect');
 * const holes = extents('data.bin').filter(({ flags }) => flags.includes('hole'));
 * console.log(holes.length); // 0
 */
export function extents(target: Target): Extent[] {
  const { path, fd = -1 } = parseTarget(target);
  const backend = selectBackend('auto');
  if (path !== undefined) checkHasExtents(path);
  const reader = openForExtents(backend, path, fd);
  try {
    const device = deviceDaxOf(backend.files.stat(reader.fd, path));
    if (device !== undefined) return [{ offset: 0, length: device.size, flags: [] }];
    return runSync(readExtentMap(backend.files, reader.fd, 'now', path)).extents();
  } finally {
    reader.close();
  }
}
