import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mountable, mountPoint } from '../support/mounts.js';
import { skipFor, type Requirement } from '../support/skip.js';
import { BYTES, type LoggedFileSystem } from './logged-disk.js';

function canOpen(path: string): boolean {
  try {
    closeSync(openSync(path, 'r+'));
    return true;
  } catch {
    return false;
  }
}

function missing(): string | undefined {
  if (!canOpen('/dev/fuse'))
    return '/dev/fuse is missing: modprobe fuse, or docker run --privileged --device /dev/fuse';
  if (spawnSync('qemu-storage-daemon', ['--version']).status !== 0)
    return 'qemu-storage-daemon is missing: apt-get install qemu-system-common';
  if (spawnSync('xfs_io', ['-V']).status !== 0) return 'xfs_io is missing: apt-get install xfsprogs';
  return undefined;
}

/** The need of a disk whose requests are logged. Call it while tests are being defined. */
export function loggedDisk(type: LoggedFileSystem): Requirement {
  return mountable(mountPoint(type, BYTES)).and(skipFor(missing()));
}
