import type { FileOperations } from '../backend/file-operations.js';
import type { Inode } from '../storage/inode-id.js';
import { countSealLocksInProc } from './proc-locks.js';
import { foreignLockError } from './protocol.js';

/**
 * Another open file description than that of `fd` holds a seal. Changes no lock, and ignores locks that are not of the
 * protocol if it can.
 *
 * @param own - the number of seals that the description of `fd` itself holds, if the caller knows it.
 * @throws EAGAIN: a shared lock of another program covers the bytes of the protocol. Only /proc/locks tells whether a
 *   seal is there too, and it cannot be read.
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
  if (found.exclusive) return false; // no seal can be held beside an exclusive lock
  // F_OFD_GETLK tells of one lock only, and that one is not of the protocol.
  const inProc = countSealLocksInProc(dev, ino, 'sealed');
  if (inProc === undefined) throw foreignLockError(found, path);
  return inProc > own;
}

/**
 * The open file description of `fd` itself holds a seal: it belongs to a sealer in another thread or process and was
 * shared by attach(), by inheritance or by dup(2). Its lock does not conflict with other locks through the same
 * description.
 *
 * @returns undefined: unknown (before Linux 6.5 without a readable /proc/locks).
 */
export function ownsSeal(
  files: FileOperations,
  fd: number,
  { dev, ino }: Inode,
  path: string | undefined,
): boolean | undefined {
  const owns = files.ownsLock(fd, 'sealed', path);
  if (owns !== undefined) return owns;
  const inProc = countSealLocksInProc(dev, ino, 'sealed');
  return inProc === undefined ? undefined : inProc > 0;
}
