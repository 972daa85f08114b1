import { constants as fsConstants } from 'node:fs';
import type { Backend } from './backend/backend.js';
import { selectBackend } from './backend/select.js';
import { deviceDaxOf } from './device-dax.js';
import { readExtentMap, type Extent } from './extent-map.js';
import { runNow } from './steps.js';
import { parseTarget, type Target } from './target.js';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY, S_IFCHR, S_IFMT } = fsConstants;

/** A descriptor of our own: SEEK_DATA moves its position. */
function openOwn(backend: Backend, path: string | undefined, fd: number): number {
  if (path !== undefined) return backend.files.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  return backend.files.reopen(fd, O_RDONLY);
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
 * @throws ENOENT, EACCES, EBADF; EAGAIN when somebody holds a lease on it.
 * @example
 * const { extents } = require('mapdirect');
 * extents('data.bin').filter(({ flags }) => flags.includes('hole'));
 */
export function extents(target: Target): Extent[] {
  const { path, fd = -1 } = parseTarget(target);
  const backend = selectBackend('auto');
  if (path === undefined) backend.files.accessMode(fd); // EBADF as everywhere
  const own = openOwn(backend, path, fd);
  try {
    const status = backend.files.stat(own, path);
    const device = (status.mode & S_IFMT) === S_IFCHR ? deviceDaxOf(status.rdev) : undefined;
    if (device !== undefined) return [{ offset: 0, length: device.size, flags: [] }];
    return runNow(readExtentMap(backend.files, own, 'now', path)).extents();
  } finally {
    backend.files.close(own);
  }
}
