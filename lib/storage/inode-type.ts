import { deviceNumber, readNumber } from './sysfs.js';
import { constants as fsConstants } from 'node:fs';
import { isDeviceDax } from './device-dax.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import type { Identity } from './inode-id.js';

/** What a target is, as far as it matters here. 'other': a pipe, a socket, a character device that is not a device-dax. */
export type FileType = 'file' | 'directory' | 'device-dax' | 'block' | 'other';

const { S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT, S_IFREG } = fsConstants;

export function fileType({ mode, rdev }: { readonly mode: number | bigint; readonly rdev: Identity }): FileType {
  const type = Number(mode) & S_IFMT;
  if (type === S_IFREG) return 'file';
  if (type === S_IFDIR) return 'directory';
  if (type === S_IFBLK) return 'block';
  return type === S_IFCHR && isDeviceDax(rdev) ? 'device-dax' : 'other';
}

/** ENODEV for what is not opened to look at it: that can do something to it (start a watchdog, rewind a tape, wake a writer). */
export function notOpened(path: string, purpose: string): SystemError {
  return systemError(
    errno.ENODEV,
    'open',
    path,
    `a pipe, a socket or a device like this is not opened ${purpose}; use a regular file, or pass an open descriptor`,
  );
}

/** What tells a device from a file, of any inode. */
interface Inode {
  readonly mode: number;
  readonly rdev: Identity;
}

const SECTOR = 512; // of /sys, whatever the device's own is
const ZERO_DEVICE = 0x105n; // 1:5

/** Its length is st_size, and fallocate(2) and ftruncate(2) change it. */
export function isRegular({ mode }: Pick<Inode, 'mode'>): boolean {
  return (mode & S_IFMT) === S_IFREG;
}

/** /dev/zero: each mapping of it has memory of its own, which no other can share and which cannot be mapped anew. */
export function isZeroDevice({ mode, rdev }: Inode): boolean {
  return (mode & S_IFMT) === S_IFCHR && BigInt(rdev) === ZERO_DEVICE;
}

/** Where a device that is no device-dax ends, in bytes; Infinity: only mmap(2) knows. `sys` is for tests. */
export function deviceEnd({ mode, rdev }: Inode, sys = '/sys'): number {
  if ((mode & S_IFMT) !== S_IFBLK) return Infinity;
  const sectors = readNumber(`${sys}/dev/block/${deviceNumber(BigInt(rdev))}/size`);
  return sectors === undefined ? Infinity : sectors * SECTOR;
}
