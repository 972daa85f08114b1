import { inodeIfThere } from './storage/inode-id.js';
import { constants as fsConstants } from 'node:fs';
import type { Backend } from './backend/backend.js';
import { selectBackend } from './backend/select.js';
import { deviceDaxOf } from './storage/device-dax.js';
import { errno, systemError } from './core/errors.js';
import { readExtentMap, type Extent } from './file/extent-map.js';
import { fileType, notOpened } from './storage/inode-type.js';
import { leasedFileAt } from './seals/own-leases.js';
import { runSync } from './core/sync-or-async.js';
import { parseTarget, type Target } from './core/target.js';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = fsConstants;

/** Opening a FIFO, only to look, costs the writer that waits for its reader what it writes. */
function checkKind(path: string): void {
  const named = inodeIfThere(path);
  const kind = named === undefined ? 'file' : fileType(named); // open(2) says what is wrong with the path
  if (kind === 'directory')
    throw systemError(errno.EISDIR, 'open', path, 'a directory has no bytes of its own; name a file in it');
  if (kind === 'other' || kind === 'block') throw notOpened(path, 'for its extents');
}

interface Looked {
  readonly fd: number;
  readonly done: () => void;
}

/** A descriptor of our own, since SEEK_DATA moves its position; under a lease of this thread that of the lease, which one more open would ring. */
function look(backend: Backend, path: string | undefined, fd: number): Looked {
  const { files } = backend;
  const leased = path === undefined ? undefined : leasedFileAt(backend, path)?.file;
  if (leased !== undefined) return { fd: leased.fd, done: () => leased.release() };
  if (path === undefined) files.accessMode(fd); // EBADF as everywhere
  const own = path === undefined ? files.reopen(fd, O_RDONLY) : files.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  return { fd: own, done: () => files.close(own) };
}

/**
 * Where the bytes of a file are: its extents in order, from offset 0 to its size, holes included, neighbours of one kind
 * that follow each other on the disk joined. Changes nothing and writes nothing back: what waits for a place is 'delalloc'.
 *
 * Physical addresses are left out on purpose: FIEMAP is not a way to learn them. Where the file system has no FIEMAP
 * (tmpfs), data is 'unknown' and holes are what SEEK_HOLE says. A device-dax is one extent. Not promised: that it is still
 * so on return; a seal is for that.
 *
 * @param target - A path, a file: URL, a descriptor or a FileHandle that can be read.
 * @throws ENOENT, EACCES, EBADF; EISDIR; ENODEV for the path of a pipe, a socket or a device other than a device-dax, which is not opened; EAGAIN when somebody holds a lease on it.
 * @example
 * const { extents } = require('mapdirect');
 * const holes = extents('data.bin').filter(({ flags }) => flags.includes('hole'));
 * console.log(holes.length); // 0
 */
export function extents(target: Target): Extent[] {
  const { path, fd = -1 } = parseTarget(target);
  const backend = selectBackend('auto');
  if (path !== undefined) checkKind(path);
  const looked = look(backend, path, fd);
  try {
    const device = deviceDaxOf(backend.files.stat(looked.fd, path));
    if (device !== undefined) return [{ offset: 0, length: device.size, flags: [] }];
    return runSync(readExtentMap(backend.files, looked.fd, 'now', path)).extents();
  } finally {
    looked.done();
  }
}
