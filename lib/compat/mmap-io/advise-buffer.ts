import { adviceWord } from './advice-word.js';
import { openRange, partOf } from './mapped-range.js';

/**
 * Tells the kernel how a Buffer, or a part of it, will be used: madvise(2).
 *
 * @param buffer - Of map(), or a part of one, or another view of a mapping.
 * @param offset - Bytes in the Buffer; it needs no alignment. Without offset and length: all of the Buffer.
 * @param length - Bytes; it needs no alignment.
 * @param advise - One of the numbers MADV_*: an index of madvise(2).
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, naming the argument. ERR_MAPPING_CLOSED. The
 *   errors of Mapping.advise(): EINVAL for MADV_DONTNEED and MADV_REMOVE of a part of a page.
 * @example
 * const fs = require('node:fs');
 * const mmap = require('mapdirect/compat/mmap-io');
 * const fd = fs.openSync('data.bin', 'r');
 * const buffer = mmap.map(65536, mmap.PROT_READ, mmap.MAP_SHARED, fd);
 * mmap.advise(buffer, mmap.MADV_RANDOM);
 * mmap.advise(buffer, 0, 4096, mmap.MADV_WILLNEED);
 * mmap.unmap(buffer);
 */
export function adviseBuffer(buffer: ArrayBufferView, advise: number): void;
export function adviseBuffer(buffer: ArrayBufferView, offset: number, length: number, advise: number): void;
export function adviseBuffer(
  buffer: ArrayBufferView,
  ...args: [advise: number] | [offset: number, length: number, advise: number]
): void {
  const whole = openRange(buffer, 'advise');
  const [offset, length, advise] = args.length < 2 ? [0, whole.length, args[0]] : args;
  const word = adviceWord(advise);
  const part = partOf(whole, offset, length as number);
  part.mapping.advise(word, part.offset, part.length);
}
