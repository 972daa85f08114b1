import { mappingUnder } from './mapped-range.js';

/**
 * Unmaps the memory under a Buffer of map(): the Buffer and all parts of it have length 0 then. A
 * part unmaps the whole. mmap-io has no such function. A second call does nothing.
 *
 * It persists nothing: call sync() before. A request that still uses the Buffer finds zeros or
 * nothing: await it first (docs/closing.md).
 *
 * @throws ERR_INVALID_ARG_TYPE. ERR_INVALID_ARG_VALUE: the memory is not mapped. The errors of Mapping.close(): EBUSY
 *   while it is pinned or registered.
 * @example
 * const fs = require('node:fs');
 * const mmap = require('mapdirect/compat/mmap-io');
 * const fd = fs.openSync('data.bin', 'r');
 * const buffer = mmap.map(4096, mmap.PROT_READ, mmap.MAP_SHARED, fd);
 * const part = buffer.subarray(100, 200);
 * mmap.unmap(buffer);
 * console.log(buffer.length, part.length); // 0 0
 */
export function unmapBuffer(buffer: ArrayBufferView): void {
  mappingUnder(buffer)?.mapping.close();
}
