import { openRange } from './mapped-range.js';

/**
 * Counts the pages of a Buffer that are not in memory, and those that are: mincore(2).
 *
 * @returns The two counts: `[unmappedPages, mappedPages]`.
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. ERR_MAPPING_CLOSED.
 * @example
 * const fs = require('node:fs');
 * const mmap = require('mapdirect/compat/mmap-io');
 * const fd = fs.openSync('data.bin', 'r');
 * const buffer = mmap.map(65536, mmap.PROT_READ, mmap.MAP_SHARED, fd);
 * const [unmapped, mapped] = mmap.incore(buffer);
 * console.log(unmapped + mapped === 65536 / mmap.PAGESIZE); // true
 * mmap.unmap(buffer);
 */
export function incoreBuffer(buffer: ArrayBufferView): [unmappedPages: number, mappedPages: number] {
  const { mapping, offset, length } = openRange(buffer, 'incore');
  const { pages, resident } = mapping.residency(offset, length);
  return [pages - resident, resident];
}
