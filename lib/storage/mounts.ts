import type { FileStatus } from './file-status.js';
import type { PowerFailDomain } from './persistent-memory.js';

/** What refused MAP_SYNC: a negative errno; 0: nothing has yet. */
export interface SyncRefusal {
  errno: number;
}

/** What is known of a mounted file system. */
export interface Mount {
  /** f_type of statfs(2). */
  readonly fileSystem: number;
  /** Of its files that are not on DAX. */
  readonly syncRefusal: SyncRefusal;
  /** Of the persistent memory under it; read when it is first needed. */
  powerFailDomain?: PowerFailDomain;
}

const known = new Map<number, Mount>();
const MOST = 1000; // containers come and go, and their mounts with them

/**
 * The mount under a file. It is asked once, where the kernel tells mounts apart for good (Linux 6.8): two system calls
 * less at each later mapping of a file there.
 *
 * @param fileSystem - asks statfs(2).
 */
export function mountOf({ mount }: FileStatus, fileSystem: () => number): Mount {
  const found = known.get(mount);
  if (found !== undefined) return found;
  const made: Mount = { fileSystem: fileSystem(), syncRefusal: { errno: 0 } };
  if (known.size === MOST) known.clear();
  if (mount !== 0) known.set(mount, made);
  return made;
}
