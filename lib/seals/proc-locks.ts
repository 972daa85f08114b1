import { deviceNumber } from '../storage/sysfs.js';
import type { SealByte } from '../backend/file-operations.js';
import fs from 'node:fs';
import type { Identity } from '../storage/inode-id.js';

const { readFileSync } = fs; // taken now: guards replace it later

const PIECE = 3900; // the kernel gives a page at a time, less what is left where the next line does not fit
const MOST_READINGS = 8;

const BASE = 2n ** 62n;
const bytes: Readonly<Record<SealByte, bigint>> = { sealed: BASE, mutating: BASE + 1n, breakable: BASE + 2n };

/**
 * Both tables name the device of the file system, and stat(2) that of the subvolume where there are such (btrfs): a device
 * that nothing is mounted from is one of these, and may belong to any btrfs there is.
 */
function devicesOf(dev: Identity, mountinfo: string): string[] {
  const own = deviceNumber(BigInt(dev));
  const mounts = mountinfo
    .split('\n')
    .map((line) => ({ device: line.split(' ')[2] ?? '', isBtrfs: line.includes(' - btrfs ') }));
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
 * How many open file descriptions have a lock of the seal protocol on that byte of that inode, in a table as /proc/locks is one. Lines of
 * those who wait for a lock ('->') are not locks.
 *
 * @param mountinfo - as /proc/self/mountinfo is.
 */
export function countSealLocks(table: string, mountinfo: string, dev: Identity, ino: Identity, byte: SealByte): number {
  const inodes = devicesOf(dev, mountinfo).map((device) => `${inLocks(device)}:${ino}`);
  const at = bytes[byte];
  const isOne = (line: string): boolean => {
    const [, kind, , , , where = '', first = '', last = ''] = line.trim().split(/\s+/);
    return (
      kind === 'OFDLCK' &&
      inodes.includes(where) &&
      isOfProtocol(first, last) &&
      BigInt(first) <= at &&
      at <= BigInt(last)
    );
  };
  return table.split('\n').filter(isOne).length;
}

/**
 * Counts in one reading of the table after another until two agree. The kernel gives a long table in pieces (seq_file), and a lock that
 * others take or drop between two pieces makes it tell of one of ours twice, or not at all.
 *
 * @param read - reads /proc/locks.
 */
export function countSteadily(read: () => string, count: (table: string) => number): number {
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

/** {@link countSealLocks} of the kernel's own tables; undefined: /proc cannot be read. Opens nothing of the file, and so rings no lease. */
export function sealLocksInProc(dev: Identity, ino: Identity, byte: SealByte): number | undefined {
  try {
    const mountinfo = readFileSync('/proc/self/mountinfo', 'latin1');
    return countSteadily(
      () => readFileSync('/proc/locks', 'latin1'),
      (table) => countSealLocks(table, mountinfo, dev, ino, byte),
    );
  } catch {
    return undefined;
  }
}

/** Such a lock is held, for a file that cannot be opened without ringing its lease. false where /proc cannot be read. */
export function sealLockInProc(dev: Identity, ino: Identity, byte: SealByte): boolean {
  return (sealLocksInProc(dev, ino, byte) ?? 0) > 0;
}
