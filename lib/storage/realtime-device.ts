import type { Identity } from './inode-id.js';
import { deviceNumber, readText } from './sysfs.js';

/**
 * Does a mounted xfs keep the blocks of some files on a second device (mkfs.xfs -r rtdev=)? FIEMAP does not tell which
 * of the two devices its addresses mean. undefined: the mount is not in /proc/self/mountinfo. `proc` is for tests.
 */
export function hasRealtimeDevice(dev: Identity, proc = '/proc'): boolean | undefined {
  const number = deviceNumber(BigInt(dev));
  for (const line of readText(`${proc}/self/mountinfo`)?.split('\n') ?? []) {
    // 36 35 98:0 / /mnt rw,noatime shared:1 - xfs /dev/root rw,rtdev=/dev/sdb (proc_pid_mountinfo(5))
    const [mount = '', superblock = ''] = line.split(' - ');
    if (mount.split(' ')[2] === number) return /(?:^|,)rtdev=/.test(superblock.split(' ')[2] ?? '');
  }
  return undefined;
}
