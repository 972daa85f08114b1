import { constants as fsConstants } from 'node:fs';
import type { Identity } from './inode-id.js';
import { deviceNumber, readNumber } from './persistent-memory.js';

/** What tells a device from a file, of any inode. */
interface Inode {
  readonly mode: number;
  readonly rdev: Identity;
}

const { S_IFBLK, S_IFCHR, S_IFMT, S_IFREG } = fsConstants;
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
