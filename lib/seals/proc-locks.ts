import fs from 'node:fs';
import type { SealByte } from '../backend/backend.js';
import type { Identity } from '../identity.js';

const { readFileSync } = fs; // taken now: guards replace it later

const BASE = 2n ** 62n;
const bytes: Readonly<Record<SealByte, bigint>> = { sealed: BASE, mutating: BASE + 1n, breakable: BASE + 2n };

/** As /proc/locks writes a device: major and minor in hexadecimal. */
function deviceName(dev: Identity): string {
  const number = BigInt(dev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn);
  return [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':');
}

/**
 * In a table as /proc/locks is one: a lock of an open file description is held on exactly that byte of that inode. Lines of
 * those who wait for a lock ('->') are not locks.
 */
export function hasSealLock(table: string, dev: Identity, ino: Identity, byte: SealByte): boolean {
  const inode = `${deviceName(dev)}:${ino}`;
  const at = String(bytes[byte]);
  return table.split('\n').some((line) => {
    const [, kind, , , , where, first, last] = line.trim().split(/\s+/);
    return kind === 'OFDLCK' && where === inode && first === at && last === at;
  });
}

/**
 * A lock of the seal protocol is held on that byte of that inode, as /proc/locks says it: for a file that cannot be opened
 * without ringing its lease. false where /proc/locks is not to be read.
 */
export function sealLockInProc(dev: Identity, ino: Identity, byte: SealByte): boolean {
  let table: string;
  try {
    table = readFileSync('/proc/locks', 'latin1');
  } catch {
    return false;
  }
  return hasSealLock(table, dev, ino, byte);
}
