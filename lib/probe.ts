import { setImmediate } from 'node:timers/promises';
import { parseTarget, type Target } from './core/target.js';
import { addonToAsk } from './probe/addon.js';
import { probeTarget } from './probe/probe-target.js';
import { locateTarget } from './probe/target-location.js';
import type { Probe } from './probe/types.js';

export type { Answer, Limit, Limits, Probe, RegistrationAnswers } from './probe/types.js';

/**
 * The properties that a mapping of `target` would have, with the reasons and remedies: the answers of {@link Probe}.
 * They come from trials, not from a version number: MAP_SYNC, leases and FIEMAP are tried, and undone.
 *
 * A file is opened for reading, without waiting. A directory answers through a scratch file without a name. A path that
 * does not exist answers through its directory. A descriptor is used itself, and stays open. The file is never changed,
 * and no file is left behind. If no scratch file can be made, the answers are 'unknown' with the reason. Without the
 * addon only `path`, `fileSystem`, `persistenceDomain` (by file system), `unsafeShutdowns`, `granularity`, `mapDirect`,
 * `pageSize`, `rdmaDevices` and part of `limits` are known.
 *
 * Not promised: that a later call gets the same answers, or that another file of the same file system does (DAX can be
 * a property of a file). As with every open and close, the POSIX record locks of this process on the file are released,
 * and the lease of another process on it is broken: pass a descriptor to avoid both. On a file system without O_TMPFILE
 * the scratch file has a name for a moment, and the modification time of the directory changes.
 *
 * Blocks for a few dozen short system calls. It waits for the disk only in stat(2) and open(2).
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE: not a target, MAPDIRECT_DIRECT_FLAG is not a single
 *   bit, or MAPDIRECT_BACKEND is not a backend. A system error of `stat`, `fstat` or `open`: ENOENT if the directory
 *   does not exist either, EACCES if the file cannot be read, EBADF for a closed descriptor, EAGAIN while a lease is
 *   being broken, ENODEV for a path of a pipe, a socket or a device that open() could disturb. ERR_BACKEND_UNAVAILABLE
 *   if the addon exists and does not load.
 *
 * @example
 * const { probeSync } = require('mapdirect');
 * const { fileSystem, mapSync } = probeSync('data.bin');
 * console.log(fileSystem.answer); // e.g. ext4
 * if (mapSync.answer !== 'yes') console.log(mapSync.reason, mapSync.remedy);
 */
export function probeSync(target: Target): Probe {
  return probeTarget(locateTarget(parseTarget(target)), addonToAsk());
}

/**
 * As {@link probeSync}, in a later turn of the event loop: the system calls are the same, and this thread makes them.
 *
 * @throws By rejection: the errors of probeSync().
 * @example
 * import { probe } from 'mapdirect';
 * const { persistenceDomain } = await probe('/dev/shm');
 * console.log(persistenceDomain.answer); // volatile
 */
export async function probe(target: Target): Promise<Probe> {
  await setImmediate();
  return probeSync(target);
}
