import { constants as fsConstants } from 'node:fs';
import { errno, systemError, type SystemError } from '../core/errors.js';
import { isDeviceDax } from './device-dax.js';
import type { Identity, InodeId } from './inode-id.js';
import { deviceNumber, readNumber } from './sysfs.js';

const { S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT, S_IFREG } = fsConstants;
const SECTOR = 512; // the unit of /sys/dev/block/*/size, for every device
const ZERO_DEVICE = 0x105n; // 1:5

/** The types that differ here. 'other': a pipe, a socket, a character device that is not a device-dax. */
export type FileType = 'file' | 'directory' | 'device-dax' | 'block' | 'other';

/** The type of an inode. For a character device it reads /sys. */
export function fileType({ mode, rdev }: { readonly mode: number | bigint; readonly rdev: Identity }): FileType {
  const type = Number(mode) & S_IFMT;
  if (type === S_IFREG) return 'file';
  if (type === S_IFDIR) return 'directory';
  if (type === S_IFBLK) return 'block';
  return type === S_IFCHR && isDeviceDax(rdev) ? 'device-dax' : 'other';
}

/** A regular file: its length is st_size, and fallocate(2) and ftruncate(2) change it. */
export function isRegular({ mode }: Pick<InodeId, 'mode'>): boolean {
  return (mode & S_IFMT) === S_IFREG;
}

/** /dev/zero: each mapping of it has memory of its own, which cannot be shared or mapped again. */
export function isZeroDevice({ mode, rdev }: Pick<InodeId, 'mode' | 'rdev'>): boolean {
  return (mode & S_IFMT) === S_IFCHR && BigInt(rdev) === ZERO_DEVICE;
}

/** The end of a device that is not a device-dax, in bytes. Infinity: only mmap(2) knows. `sys` is for tests. */
export function deviceEnd({ mode, rdev }: Pick<InodeId, 'mode' | 'rdev'>, sys = '/sys'): number {
  if ((mode & S_IFMT) !== S_IFBLK) return Infinity;
  const sectors = readNumber(`${sys}/dev/block/${deviceNumber(BigInt(rdev))}/size`);
  return sectors === undefined ? Infinity : sectors * SECTOR;
}

/**
 * ENODEV for a pipe, a socket or a device. It is not opened: open(2) may start a watchdog, rewind a tape or wake a
 * writer.
 */
export function notOpened(path: string, purpose: string): SystemError {
  return systemError(
    errno.ENODEV,
    'open',
    path,
    `a pipe, a socket or a device like this is not opened ${purpose}; use a regular file, or pass an open descriptor`,
  );
}
