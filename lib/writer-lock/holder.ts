import fs from 'node:fs';
import { descriptorLockTest } from '../seals/proc-locks.js';
import type { Inode } from '../storage/inode-id.js';
import { attempt } from '../storage/sysfs.js';

const { readdirSync, readFileSync } = fs; // taken at load time: files.guard() replaces them later

// The pid is only for a message, and 10,000 descriptors take some 300 ms.
const MOST_DESCRIPTORS = 10_000;

function descriptorsOf(process: string): string[] {
  const folder = `/proc/${process}/fdinfo`;
  return (attempt(() => readdirSync(folder)) ?? []).map((fd) => `${folder}/${fd}`);
}

function* otherDescriptors(): Generator<string> {
  let left = MOST_DESCRIPTORS;
  for (const name of attempt(() => readdirSync('/proc')) ?? []) {
    if (!/^\d+$/.test(name)) continue;
    const descriptors = descriptorsOf(name);
    yield* descriptors;
    left -= descriptors.length;
    if (left <= 0) return;
  }
}

/**
 * The process with a descriptor of the description that has the lock of the writer. /proc/locks says -1 for such a
 * lock; the fdinfo of a descriptor shows it, and a process may read that of its own user's processes.
 *
 * @returns undefined: it cannot be known.
 */
export function pidOfWriter(inode: Inode): number | undefined {
  const hasLock = descriptorLockTest(inode, 'writer');
  const isLock = (fdinfo: string): boolean => hasLock(attempt(() => readFileSync(fdinfo, 'latin1')) ?? '');
  if (descriptorsOf('self').some(isLock)) return process.pid;
  for (const fdinfo of otherDescriptors()) if (isLock(fdinfo)) return Number(fdinfo.split('/')[2]);
  return undefined;
}
