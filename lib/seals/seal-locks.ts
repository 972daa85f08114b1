import type { FileOperations } from '../backend/file-operations.js';
import type { Identity } from '../storage/inode-id.js';
import { sealLocksInProc } from './proc-locks.js';
import { strangersLock } from './protocol.js';

interface Inode {
  readonly dev: Identity;
  readonly ino: Identity;
}

/**
 * Another open file description than that of `fd` holds a seal. A question only: locks of strangers are looked past, as far as that is possible.
 *
 * @param own - how many seals the description of `fd` itself holds, where that is known.
 * @throws EAGAIN: a stranger has a shared lock on the bytes of the protocol, and without /proc/locks nothing tells whether a seal is there too.
 */
export function isSealedByOthers(
  files: FileOperations,
  fd: number,
  { dev, ino }: Inode,
  path: string | undefined,
  own: 0 | 1 = 0,
): boolean {
  const found = files.findLock(fd, 'sealed', path);
  if (found === undefined) return false;
  if (found.ofProtocol) return true;
  if (found.exclusive) return false; // beside it nobody can hold a seal
  // F_OFD_GETLK tells of one lock only, and it is the stranger's.
  const inProc = sealLocksInProc(dev, ino, 'sealed');
  if (inProc === undefined) throw strangersLock(found, path);
  return inProc > own;
}

/**
 * The open file description of `fd` itself holds a seal: it is that of a sealer in another thread or process, shared by attach(), by
 * inheritance or by dup(2), and never conflicts with itself.
 *
 * @returns undefined: nothing tells (before Linux 6.5, and /proc/locks cannot be read).
 */
export function isSealersOwn(
  files: FileOperations,
  fd: number,
  { dev, ino }: Inode,
  path: string | undefined,
): boolean | undefined {
  const owns = files.ownsLock(fd, 'sealed', path);
  if (owns !== undefined) return owns;
  const inProc = sealLocksInProc(dev, ino, 'sealed');
  return inProc === undefined ? undefined : inProc > 0;
}
