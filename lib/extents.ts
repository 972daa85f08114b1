import { constants as fsConstants } from 'node:fs';
import type { Backend } from './backend/backend.js';
import { BackingFile } from './backing-file.js';
import { selectBackend } from './backend/select.js';
import { deviceDaxOf } from './device-dax.js';
import { readExtentMap, type Extent } from './extent-map.js';
import { nameIfThere } from './seals/sealed-now.js';
import { runNow } from './steps.js';
import { parseTarget, type Target } from './target.js';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY, O_RDWR, S_IFCHR, S_IFMT } = fsConstants;

interface Looked {
  readonly fd: number;
  readonly done: () => void;
}

/** The descriptor of a lease of this thread: one more open would ring it. */
function underLease({ files, bells }: Backend, path: string): Looked | undefined {
  if (bells?.anyLease !== true) return undefined;
  const named = nameIfThere(path);
  const file = named === undefined || !bells.isLeased(named.dev, named.ino) ? undefined : BackingFile.known(files, O_RDWR, named);
  return file === undefined ? undefined : { fd: file.fd, done: () => file.release() };
}

/** A descriptor of our own: SEEK_DATA moves its position. */
function look(backend: Backend, path: string | undefined, fd: number): Looked {
  const { files } = backend;
  const leased = path === undefined ? undefined : underLease(backend, path);
  if (leased !== undefined) return leased;
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
 * @throws ENOENT, EACCES, EBADF; EAGAIN when somebody holds a lease on it.
 * @example
 * const { extents } = require('mapdirect');
 * extents('data.bin').filter(({ flags }) => flags.includes('hole'));
 */
export function extents(target: Target): Extent[] {
  const { path, fd = -1 } = parseTarget(target);
  const backend = selectBackend('auto');
  const looked = look(backend, path, fd);
  try {
    const status = backend.files.stat(looked.fd, path);
    const device = (status.mode & S_IFMT) === S_IFCHR ? deviceDaxOf(status.rdev) : undefined;
    if (device !== undefined) return [{ offset: 0, length: device.size, flags: [] }];
    return runNow(readExtentMap(backend.files, looked.fd, 'now', path)).extents();
  } finally {
    looked.done();
  }
}
