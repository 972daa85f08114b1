import { constants, MAP_TYPE } from '../../core/constants.js';
import { errno, invalidType, outOfRange, systemError } from '../../core/errors.js';
import { isUint8Array } from '../../core/foreign.js';
import { checkInteger, checkPositiveSize } from '../../core/validators.js';
import { checkMapFlags } from '../../backend/map-flags.js';
import { dropUnclosed } from '../../mapping/mapping.js';
import { mmap } from '../../mmap.js';
import { adviceWord } from './advice-word.js';

const { MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, PROT_EXEC, PROT_READ, PROT_WRITE } = constants;

// The methods of Buffer are right up to this length, which is also the largest of mmap-io.
const MAX_SIZE = 2 ** 31 - 1;
const MAX_INT = 2 ** 31 - 1;

/** @throws EACCES, EOPNOTSUPP: a Buffer with that protection would end the process at the first wrong access. */
function checkProtection(protection: unknown): asserts protection is number {
  checkInteger(protection, 'protection', 0, MAX_INT);
  if ((protection & (PROT_READ | PROT_WRITE)) === 0) {
    const remedy = 'a Buffer over memory without PROT_READ would end the process at the first access; add PROT_READ';
    throw systemError(errno.EACCES, 'map', undefined, remedy);
  }
  if ((protection & PROT_EXEC) === 0 || (protection & PROT_WRITE) !== 0) return;
  const remedy =
    'a store into a Buffer that is executable and not writable would end the process; leave PROT_EXEC out, since JavaScript runs no code there';
  throw systemError(errno.EOPNOTSUPP, 'map', undefined, remedy);
}

/**
 * The request of a Buffer that can be read and stored into without a signal. Memory that is only read becomes private,
 * as with access 'read'. Writable memory becomes readable, as x86_64 has it in any case.
 */
function safeRequest(protection: number, flags: number): { readonly prot: number; readonly flags: number } {
  if ((protection & PROT_WRITE) !== 0) return { prot: protection | PROT_READ, flags };
  const type = flags & MAP_TYPE;
  const isShared = type === MAP_SHARED || type === MAP_SHARED_VALIDATE;
  return { prot: protection, flags: isShared ? (flags & ~MAP_TYPE) | MAP_PRIVATE : flags };
}

function checkName(name: unknown): void {
  if (name !== undefined && !isUint8Array(name)) throw invalidType('name', 'a Buffer', name);
}

/**
 * Maps a file, as `map()` of mmap-io does: mmap(2) with these arguments.
 *
 * The Buffer keeps the memory. It is unmapped when garbage collection finds the Buffer and its parts unused, or by
 * unmap(). Such a mapping does not count in `stats().leaked`.
 *
 * With PROT_READ alone, a store into the Buffer stays in this process and does not end it; after it, that page no
 * longer follows the file. With PROT_WRITE the memory can be read, too.
 *
 * @param size - Bytes, > 0, at most 2^31 - 1. Not checked against the file, as in mmap(2).
 * @param protection - PROT_READ, PROT_WRITE or both. PROT_EXEC only with PROT_WRITE.
 * @param flags - MAP_SHARED or MAP_PRIVATE, and more; an unknown bit is an error.
 * @param fd - A descriptor; it may be closed after the call. For PROT_WRITE with MAP_SHARED it must be open as 'r+'.
 * @param offset - Bytes from the start of the file, a multiple of PAGESIZE, also past 2 GiB. Default: 0.
 * @param advise - MADV_*, for the whole Buffer. Default: MADV_NORMAL.
 * @param name - Of \@riaskov/mmap-io, where it names shared memory of Windows. Not used, as there on Linux.
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, naming the argument. EACCES: the descriptor,
 *   or PROT_NONE. EOPNOTSUPP: PROT_EXEC without PROT_WRITE, or an unknown flag. EINVAL: an offset that is not aligned,
 *   or flags without a type. The other errors of mmap(2) and madvise(2), with `code`, `errno` and `syscall`.
 * @example
 * const fs = require('node:fs');
 * const mmap = require('mapdirect/compat/mmap-io');
 * const fd = fs.openSync('data.bin', 'r+');
 * const buffer = mmap.map(fs.fstatSync(fd).size, mmap.PROT_WRITE, mmap.MAP_SHARED, fd, 0, mmap.MADV_RANDOM);
 * fs.closeSync(fd);
 * buffer.writeUInt32LE(42, 8192);
 * mmap.sync(buffer, 8192, 4, true); // durable now
 * mmap.unmap(buffer);
 */
export function mapBuffer(
  size: number,
  protection: number,
  flags: number,
  fd: number,
  ...[offset = 0, advise = 0, name]: [offset?: number, advise?: number, name?: Uint8Array]
): Buffer {
  checkPositiveSize(size, 'size');
  if (size > MAX_SIZE)
    throw outOfRange('size', `<= ${MAX_SIZE} for one Buffer; map() and view() of mapdirect have no such limit`, size);
  checkProtection(protection);
  const request = safeRequest(protection, checkMapFlags(flags, 'flags') >>> 0);
  const word = adviceWord(advise);
  checkName(name);
  const mapping = mmap(size, request.prot, request.flags, fd, offset);
  try {
    if (word !== 'normal') mapping.advise(word);
    const buffer = Buffer.from(mapping.arrayBuffer(0, size));
    dropUnclosed(mapping);
    return buffer;
  } catch (error) {
    mapping.close();
    throw error;
  }
}
