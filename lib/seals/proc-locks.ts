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
  const at = bytes[byte];
  const ending = ` ${deviceName(dev)}:${ino} ${at} ${at}`;
  return table.split('\n').some((line) => line.includes(' OFDLCK ') && line.endsWith(ending));
}
