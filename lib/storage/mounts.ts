import type { FileStatus } from './file-status.js';
import type { PowerFailDomain } from './persistent-memory.js';

/** The negative errno that refused MAP_SYNC; 0: no refusal so far. It is filled in later. */
export interface SyncRefusal {
  errno: number;
}

/** The facts about a mounted file system. */
export interface Mount {
  /** f_type of statfs(2). */
  readonly fileSystem: number;
  /** The refusal for its files that are not on DAX. */
  readonly syncRefusal: SyncRefusal;
  /** The power-fail domain of the persistent memory under it. It is read when it is first needed. */
  powerFailDomain?: PowerFailDomain;
}

const known = new Map<number, Mount>();
const MOST = 1000; // each container that starts brings mounts of its own

/**
 * The mount under a file. With a mount number that is never used again (Linux 6.8) it is read once, which saves two
 * system calls for each later mapping of a file there.
 *
 * @param fileSystem - reads f_type of statfs(2).
 */
export function mountOf({ mount }: FileStatus, fileSystem: () => number): Mount {
  const found = known.get(mount);
  if (found !== undefined) return found;
  const made: Mount = { fileSystem: fileSystem(), syncRefusal: { errno: 0 } };
  if (known.size === MOST) known.clear();
  if (mount !== 0) known.set(mount, made);
  return made;
}
