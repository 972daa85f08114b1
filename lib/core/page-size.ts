import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

const AT_PAGESZ = 6n;
const DEFAULT = 4096;

/**
 * The page size in bytes, from the auxiliary vector that the kernel gave this process (man 3 getauxval). arm64 kernels
 * come with 4, 16 or 64 KiB pages, so it cannot be a literal; and it must be known where no addon is.
 * Where there is no /proc it is 4096.
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
