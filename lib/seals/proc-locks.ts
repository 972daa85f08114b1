import fs from 'node:fs';
import type { SealByte } from '../backend/backend.js';
import type { Identity } from '../identity.js';

const { readFileSync } = fs; // taken now: guards replace it later

const BASE = 2n ** 62n;
const bytes: Readonly<Record<SealByte, bigint>> = { sealed: BASE, mutating: BASE + 1n, breakable: BASE + 2n };

/** Major and minor, as /proc/self/mountinfo writes a device. */
function deviceName(dev: Identity): string {
  const number = BigInt(dev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}

/**
 * Both tables name the device of the file system, and stat(2) that of the subvolume where there are such (btrfs): a device
 * that nothing is mounted from is one of these, and may belong to any btrfs there is.
 */
function devicesOf(dev: Identity, mountinfo: string): string[] {
  const own = deviceName(dev);
  const mounts = mountinfo.split('\n').map((line) => ({ device: line.split(' ')[2] ?? '', isBtrfs: line.includes(' - btrfs ') }));
  if (mounts.some(({ device }) => device === own)) return [own];
  return [own, ...mounts.filter(({ isBtrfs }) => isBtrfs).map(({ device }) => device)];
}

/** As /proc/locks writes it: in hexadecimal. */
function inLocks(device: string): string {
  return device
    .split(':')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':');
}

/** The kernel joins two locks of one description and kind side by side: it may be more than one byte, and none beyond. */
function isOfProtocol(first: string, last: string): boolean {
  return /^\d+$/.test(first) && /^\d+$/.test(last) && BigInt(first) >= bytes.sealed && BigInt(last) <= bytes.breakable;
}

/**
 * In a table as /proc/locks is one: a lock of the seal protocol is held on that byte of that inode. Lines of those who wait for
 * a lock ('->') are not locks.
 *
 * @param mountinfo - as /proc/self/mountinfo is.
 */
export function hasSealLock(table: string, mountinfo: string, dev: Identity, ino: Identity, byte: SealByte): boolean {
  const inodes = devicesOf(dev, mountinfo).map((device) => `${inLocks(device)}:${ino}`);
  const at = bytes[byte];
  return table.split('\n').some((line) => {
    const [, kind, , , , where = '', first = '', last = ''] = line.trim().split(/\s+/);
    return kind === 'OFDLCK' && inodes.includes(where) && isOfProtocol(first, last) && BigInt(first) <= at && at <= BigInt(last);
  });
}

/**
 * A lock of the seal protocol is held on that byte of that inode, as /proc/locks says it: for a file that cannot be opened
 * without ringing its lease. false where /proc is not to be read.
 */
export function sealLockInProc(dev: Identity, ino: Identity, byte: SealByte): boolean {
  try {
    return hasSealLock(readFileSync('/proc/locks', 'latin1'), readFileSync('/proc/self/mountinfo', 'latin1'), dev, ino, byte);
  } catch {
    return false;
  }
}
