import type { Region } from '../backend/region.js';
import fs from 'node:fs';
import { constants } from '../core/constants.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import { runSync } from '../core/sync-or-async.js';

const { readFileSync, writeFileSync } = fs; // taken now: guards replace them later
const { MAP_SYNC } = constants;
const NO_DEEP_FLUSH =
  'a device-dax has no fsync(2), and deep_flush of its region under /sys is not there or needs root';

/** One region empties its own buffers. 'nothing': it has none (no flush hints in the NFIT). */
function deepFlushOf(path: string | undefined): 'flushed' | 'nothing' | 'refused' {
  if (path === undefined) return 'refused';
  try {
    if (readFileSync(`${path}/deep_flush`, 'latin1').trim() === '0') return 'nothing';
    writeFileSync(`${path}/deep_flush`, '1');
    return 'flushed';
  } catch (error) {
    // Not root, a kernel without it, or forbidden by Node's permission model: fsync(2) has the kernel do the same.
    const { code } = error as SystemError;
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENOENT' || code === 'EROFS' || code === 'ERR_ACCESS_DENIED')
      return 'refused';
    throw error;
  }
}

/**
 * Takes what persist() made durable past the power-fail domain, so that even a failure of the platform's own flush at
 * power loss (the batteries, ADR) does not lose it: deep_flush of the region where there is one
 * (drivers/nvdimm/region_devs.c), else fsync(2), which also takes length and blocks of the file along.
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
