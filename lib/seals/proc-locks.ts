import { attempt, deviceNumber } from '../storage/sysfs.js';
import type { LockByte, SealByte } from '../backend/file-operations.js';
import fs from 'node:fs';
import type { Identity, Inode } from '../storage/inode-id.js';

const { readFileSync } = fs; // taken at load time: files.guard() replaces it later

// The kernel gives at most a page at a time, and ends it before a line that does not fit.
const PIECE = 3900;
const MOST_READINGS = 8;

const BASE = 2n ** 62n;
const bytes: Readonly<Record<LockByte, bigint>> = {
  sealed: BASE,
  mutating: BASE + 1n,
  breakable: BASE + 2n,
  writer: BASE + 8n, // as lib/backend/native/files.ts numbers them
};

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

/** The inode as lines of /proc/locks and fdinfo may name it. @param mountinfo - in the form of /proc/self/mountinfo. */
function namesOf({ dev, ino }: Inode, mountinfo: string): string[] {
  return devicesOf(dev, mountinfo).map((device) => `${asInProcLocks(device)}:${ino}`);
}

/** A lock in a line of /proc/locks, or of /proc/PID/fdinfo. */
interface ListedLock {
  /** 'OFDLCK', 'POSIX', 'LEASE', ...; '->': a request that waits for a lock. */
  readonly kind: string;
  /** DEVICE:INODE */
  readonly inode: string;
  /** Its first byte and its last byte, both of which it covers. 'EOF' for a last byte: it has no end. */
  readonly first: string;
  readonly last: string;
}

function listedLocks(table: string): ListedLock[] {
  return table.split('\n').flatMap((line) => {
    const [, kind, , , , inode, first, last] = line
      .replace(/^lock:/, '')
      .trim()
      .split(/\s+/);
    return kind === undefined || inode === undefined || first === undefined || last === undefined
      ? []
      : [{ kind, inode, first, last }];
  });
}

function covers({ first, last }: ListedLock, byte: LockByte): boolean {
  const at = bytes[byte];
  return /^\d+$/.test(first) && BigInt(first) <= at && (last === 'EOF' || (/^\d+$/.test(last) && at <= BigInt(last)));
}

/**
 * The range lies within the bytes of the protocol. It may have several: the kernel joins neighbouring locks of one
 * description and kind.
 */
function isProtocolRange({ first, last }: ListedLock): boolean {
  return /^\d+$/.test(first) && /^\d+$/.test(last) && BigInt(first) >= bytes.sealed && BigInt(last) <= bytes.breakable;
}

/**
 * The number of open file descriptions with a lock of the seal protocol on a byte of an inode. Lines with '->' are
 * requests that wait for a lock; they do not count.
 *
 * @param table - in the form of /proc/locks. @param mountinfo - in the form of /proc/self/mountinfo.
 */
export function countSealLocks(table: string, mountinfo: string, dev: Identity, ino: Identity, byte: SealByte): number {
  const inodes = namesOf({ dev, ino }, mountinfo);
  const isOne = (lock: ListedLock): boolean =>
    lock.kind === 'OFDLCK' && inodes.includes(lock.inode) && isProtocolRange(lock) && covers(lock, byte);
  return listedLocks(table).filter(isOne).length;
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

/** A number that {@link countTwiceAlike} finds in the tables of the kernel; undefined: /proc cannot be read. */
function countInProc(count: (table: string, mountinfo: string) => number): number | undefined {
  try {
    const mountinfo = readFileSync('/proc/self/mountinfo', 'latin1');
    return countTwiceAlike(
      () => readFileSync('/proc/locks', 'latin1'),
      (table) => count(table, mountinfo),
    );
  } catch {
    return undefined;
  }
}

/**
 * {@link countSealLocks} in the tables of the kernel; undefined: /proc cannot be read. Does not open the file, so it
 * breaks no lease.
 */
export function countSealLocksInProc(dev: Identity, ino: Identity, byte: SealByte): number | undefined {
  return countInProc((table, mountinfo) => countSealLocks(table, mountinfo, dev, ino, byte));
}

/**
 * A description has such a lock: the question for a file that cannot be opened without a break of its lease. false also
 * without /proc.
 */
export function hasSealLockInProc(dev: Identity, ino: Identity, byte: SealByte): boolean {
  return (countSealLocksInProc(dev, ino, byte) ?? 0) > 0;
}

/** A line of /proc/locks is of that inode and passes the test. Does not open the file. false also without /proc. */
function isListed(inode: Inode, wanted: (lock: ListedLock) => boolean): boolean {
  const count = countInProc((table, mountinfo) => {
    const names = namesOf(inode, mountinfo);
    return listedLocks(table).filter((lock) => names.includes(lock.inode) && wanted(lock)).length;
  });
  return (count ?? 0) > 0;
}

/** A process has a lease on the file. */
export function hasLeaseInProc(inode: Inode): boolean {
  return isListed(inode, ({ kind }) => kind === 'LEASE');
}

/** An open file description has a lock that covers the byte. */
export function hasDescriptionLockInProc(inode: Inode, byte: LockByte): boolean {
  return isListed(inode, (lock) => lock.kind === 'OFDLCK' && covers(lock, byte));
}

/**
 * A test for the text of /proc/PID/fdinfo/FD: that descriptor has a lock of its open file description on the byte of
 * the inode.
 */
export function descriptorLockTest({ dev, ino }: Inode, byte: LockByte): (fdinfo: string) => boolean {
  const names = namesOf({ dev, ino }, attempt(() => readFileSync('/proc/self/mountinfo', 'latin1')) ?? '');
  return (fdinfo) =>
    fdinfo.includes('OFDLCK') &&
    listedLocks(fdinfo).some((lock) => lock.kind === 'OFDLCK' && names.includes(lock.inode) && covers(lock, byte));
}
