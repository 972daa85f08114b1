import { deviceNumber } from '../storage/sysfs.js';
import type { SealByte } from '../backend/file-operations.js';
import fs from 'node:fs';
import type { Identity } from '../storage/inode-id.js';

const { readFileSync } = fs; // taken at load time: files.guard() replaces it later

// The kernel gives at most a page at a time, and ends it before a line that does not fit.
const PIECE = 3900;
const MOST_READINGS = 8;

const BASE = 2n ** 62n;
const bytes: Readonly<Record<SealByte, bigint>> = { sealed: BASE, mutating: BASE + 1n, breakable: BASE + 2n };

/**
 * /proc/locks and mountinfo have the device number of the file system; stat(2) on btrfs has the number of the
 * subvolume. If no mount has the device of stat(2), the inode may be on any btrfs that is mounted.
 */
function devicesOf(dev: Identity, mountinfo: string): string[] {
  const own = deviceNumber(BigInt(dev));
  const mounts = mountinfo
    .split('\n')
    .map((line) => ({ device: line.split(' ')[2] ?? '', isBtrfs: line.includes(' - btrfs ') }));
  if (mounts.some(({ device }) => device === own)) return [own];
  return [own, ...mounts.filter(({ isBtrfs }) => isBtrfs).map(({ device }) => device)];
}

/** A device number as /proc/locks writes it: in hexadecimal. */
function asInProcLocks(device: string): string {
  return device
    .split(':')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':');
}

/**
 * The range lies within the bytes of the protocol. It may have several: the kernel joins neighbouring locks of one
 * description and kind.
 */
function isProtocolRange(first: string, last: string): boolean {
  return /^\d+$/.test(first) && /^\d+$/.test(last) && BigInt(first) >= bytes.sealed && BigInt(last) <= bytes.breakable;
}

/**
 * The number of open file descriptions with a lock of the seal protocol on a byte of an inode. Lines with '->' are
 * requests that wait for a lock; they do not count.
 *
 * @param table - in the form of /proc/locks. @param mountinfo - in the form of /proc/self/mountinfo.
 */
export function countSealLocks(table: string, mountinfo: string, dev: Identity, ino: Identity, byte: SealByte): number {
  const inodes = devicesOf(dev, mountinfo).map((device) => `${asInProcLocks(device)}:${ino}`);
  const at = bytes[byte];
  const isOne = (line: string): boolean => {
    const [, kind, , , , where = '', first = '', last = ''] = line.trim().split(/\s+/);
    return (
      kind === 'OFDLCK' &&
      inodes.includes(where) &&
      isProtocolRange(first, last) &&
      BigInt(first) <= at &&
      at <= BigInt(last)
    );
  };
  return table.split('\n').filter(isOne).length;
}

/**
 * Reads the table until two readings give the same count. The kernel gives a long table in pieces (seq_file): if
 * another process takes or drops a lock between two pieces, a line can be there twice, or not at all.
 *
 * @param read - reads /proc/locks.
 */
export function countTwiceAlike(read: () => string, count: (table: string) => number): number {
  let table = read();
  let found = count(table);
  for (let readings = 1; table.length >= PIECE && readings < MOST_READINGS; readings++) {
    table = read();
    const again = count(table);
    if (again === found) break;
    found = again;
  }
  return found;
}

/**
 * {@link countSealLocks} in the tables of the kernel; undefined: /proc cannot be read. Does not open the file, so it
 * breaks no lease.
 */
export function countSealLocksInProc(dev: Identity, ino: Identity, byte: SealByte): number | undefined {
  try {
    const mountinfo = readFileSync('/proc/self/mountinfo', 'latin1');
    return countTwiceAlike(
      () => readFileSync('/proc/locks', 'latin1'),
      (table) => countSealLocks(table, mountinfo, dev, ino, byte),
    );
  } catch {
    return undefined;
  }
}

/**
 * A description has such a lock: the question for a file that cannot be opened without a break of its lease. false also
 * without /proc.
 */
export function hasSealLockInProc(dev: Identity, ino: Identity, byte: SealByte): boolean {
  return (countSealLocksInProc(dev, ino, byte) ?? 0) > 0;
}
