import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

const AT_PAGESZ = 6n;
const DEFAULT = 4096;

/**
 * The page size in bytes. It comes from the auxiliary vector of the process (man 3 getauxval), so it needs no addon. It
 * cannot be a literal: arm64 kernels have pages of 4, 16 or 64 KiB. Without /proc the answer is 4096.
 */
export function pageSize(): number {
  let vector: Buffer;
  try {
    vector = readFileSync('/proc/self/auxv');
  } catch {
    return DEFAULT;
  }
  const read = endianness() === 'LE' ? vector.readBigUInt64LE.bind(vector) : vector.readBigUInt64BE.bind(vector);
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    if (read(at) === AT_PAGESZ) return Number(read(at + 8));
  }
  return DEFAULT;
}
