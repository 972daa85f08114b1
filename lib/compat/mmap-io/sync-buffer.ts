import { checkFlag } from '../../core/validators.js';
import { openRange, partOf, type MappedRange } from './mapped-range.js';

type Flags = [blocking?: boolean, invalidate?: boolean];
type Ranged = [offset?: number, length?: number, ...flags: Flags];

function isFlags(args: Flags | Ranged): args is Flags {
  return typeof args[0] === 'boolean';
}

/** The arguments of both forms. Length 0 is the default, as in mmap-io. */
function parse(whole: MappedRange, args: Flags | Ranged): { readonly part: MappedRange; readonly blocking: boolean } {
  const [offset = 0, length = 0, blocking, invalidate] = isFlags(args) ? [0, 0, ...args] : args;
  checkFlag(invalidate, 'invalidate');
  const rest = length === 0 && typeof offset === 'number' ? Math.max(0, whole.length - offset) : length;
  return { part: partOf(whole, offset, rest), blocking: checkFlag(blocking, 'blocking') };
}

/**
 * Makes the stores into a Buffer durable, if `blocking` is true: Mapping.persist(). The part needs no alignment.
 *
 * Without `blocking` it promises nothing, as msync(2) with MS_ASYNC, which mmap-io calls: Linux writes the stores back
 * in its own time, with and without this call. The emulation writes them to the file then, and waits.
 *
 * @param buffer - Of map(), or a part of one, or another view of a mapping.
 * @param offset - Bytes in the Buffer. Without offset and length: all of the Buffer.
 * @param length - Bytes; 0: to the end of the Buffer.
 * @param blocking - Default false.
 * @param invalidate - Does nothing: all mappings of a file show the same memory.
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, naming the argument. ERR_MAPPING_CLOSED. With
 *   `blocking` the errors of Mapping.persist().
 * @example
 * const fs = require('node:fs');
 * const mmap = require('mapdirect/compat/mmap-io');
 * const fd = fs.openSync('data.bin', 'r+');
 * const buffer = mmap.map(65536, mmap.PROT_WRITE, mmap.MAP_SHARED, fd);
 * buffer.write('hello', 100);
 * mmap.sync(buffer, 100, 5, true); // the five bytes are durable
 * mmap.sync(buffer.subarray(100, 105), true); // the same
 * mmap.unmap(buffer);
 */
export function syncBuffer(buffer: ArrayBufferView, blocking: boolean, invalidate?: boolean): void;
export function syncBuffer(
  buffer: ArrayBufferView,
  offset?: number,
  length?: number,
  blocking?: boolean,
  invalidate?: boolean,
): void;
export function syncBuffer(buffer: ArrayBufferView, ...args: Flags | Ranged): void {
  const { part, blocking } = parse(openRange(buffer, 'sync'), args);
  const { mapping, offset, length } = part;
  if (blocking || mapping.durability.backend === 'emulated') mapping.persist(offset, length);
}
