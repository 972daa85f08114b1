import { writeFileSync } from 'node:fs';
import type { Backend, Region } from './backend/backend.js';
import { constants } from './constants.js';
import { errno, systemError, type SystemError } from './errors.js';

const { MAP_SYNC } = constants;

/** Tells each region of persistent memory to empty its own buffers. False where one of them cannot be told. */
function deepFlush(paths: readonly (string | undefined)[]): boolean {
  if (paths.length === 0) return false;
  try {
    for (const path of paths) {
      if (path === undefined) return false;
      writeFileSync(`${path}/deep_flush`, '1');
    }
    return true;
  } catch (error) {
    // Not root, or a kernel without it: fsync(2) has the kernel do the same.
    const { code } = error as SystemError;
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENOENT' || code === 'EROFS') return false;
    throw error;
  }
}

/**
 * Takes what persist() made durable past the power-fail domain, so that even a failure of the platform's own flush at
 * power loss (the batteries, ADR) does not lose it: deep_flush of the region where there is one (Linux 4.13,
 * Documentation/ABI/testing/sysfs-bus-nvdimm), else fsync(2), which also takes length and blocks of the file along.
 */
export function deepPersist(backend: Backend, { file, flags }: Region): void {
  if (file === undefined) return;
  const isDax = (flags & MAP_SYNC) !== 0 || file.device !== undefined;
  if (isDax && deepFlush(file.persistentRegions.map(({ path }) => path))) return;
  if (file.device === undefined) backend.files.sync(file.fd, file.path);
  else throw systemError(errno.EOPNOTSUPP, 'fsync', file.path, 'a device-dax has no fsync(2), and deep_flush of its region under /sys needs root');
}
