import type { Region } from '../backend/region.js';
import fs from 'node:fs';
import { constants } from '../core/constants.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import { runSync } from '../core/sync-or-async.js';

const { readFileSync, writeFileSync } = fs; // taken now: guards replace them later
const { MAP_SYNC } = constants;
const NO_DEEP_FLUSH =
  'a device-dax has no fsync(2), and deep_flush of its region under /sys is not there or needs root';

/** Tells one region to empty its buffers. 'nothing': it has none (no flush hints in the NFIT). */
function deepFlushOf(path: string | undefined): 'flushed' | 'nothing' | 'refused' {
  if (path === undefined) return 'refused';
  try {
    if (readFileSync(`${path}/deep_flush`, 'latin1').trim() === '0') return 'nothing';
    writeFileSync(`${path}/deep_flush`, '1');
    return 'flushed';
  } catch (error) {
    // This user is not root, the kernel has no deep_flush, or Node's permission model forbids it: fsync(2) makes the
    // kernel do the same.
    const { code } = error as SystemError;
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENOENT' || code === 'EROFS' || code === 'ERR_ACCESS_DENIED')
      return 'refused';
    throw error;
  }
}

/**
 * Moves persisted bytes past the power-fail domain. They survive even a failure of the platform's own flush at power
 * loss (batteries, ADR). It is deep_flush of the region if there is one (drivers/nvdimm/region_devs.c), else fsync(2),
 * which includes the length and the blocks of the file.
 */
export function deepPersist({ file, flags }: Region, path: string | undefined): void {
  if (file === undefined) return;
  const isDax = (flags & MAP_SYNC) !== 0 || file.device !== undefined;
  const results = isDax ? file.persistentRegions.map(({ path }) => deepFlushOf(path)) : [];
  if (results.length > 0 && results.every((result) => result === 'flushed')) return;
  if (file.device === undefined) runSync(file.sync(path));
  else if (results.length === 0 || results.includes('refused'))
    throw systemError(errno.EOPNOTSUPP, 'fsync', path, NO_DEEP_FLUSH);
}
