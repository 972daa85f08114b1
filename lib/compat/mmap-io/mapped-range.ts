import { invalidType, invalidValue, mappingClosed } from '../../core/errors.js';
import { checkRange } from '../../core/range.js';
import { isGone } from '../../core/view-state.js';
import { byteLengthOf, plainBytes } from '../../core/write-arguments.js';
import { Mapping } from '../../mapping/mapping.js';

/** A range of a mapping. */
export interface MappedRange {
  readonly mapping: Mapping;
  /** Bytes from the start of the mapping. */
  readonly offset: number;
  readonly length: number;
}

/** @throws ERR_INVALID_ARG_TYPE. */
export function checkView(buffer: unknown): asserts buffer is ArrayBufferView {
  if (!ArrayBuffer.isView(buffer)) throw invalidType('buffer', 'a Buffer of map()', buffer);
}

/**
 * The mapping under a Buffer; undefined: the Buffer has lost its memory.
 *
 * @throws ERR_INVALID_ARG_TYPE. ERR_INVALID_ARG_VALUE: the memory belongs to no mapping.
 */
export function mappingUnder(buffer: unknown): MappedRange | undefined {
  checkView(buffer);
  if (isGone(buffer)) return undefined;
  const found = Mapping.of(buffer);
  if (found === undefined)
    throw invalidValue('buffer', 'must be a Buffer of map(), or another view of an open mapping', buffer);
  return { ...found, length: byteLengthOf(plainBytes(buffer)) };
}

/** As {@link mappingUnder}. @throws ERR_MAPPING_CLOSED: the Buffer has lost its memory. */
export function openRange(buffer: unknown, method: string): MappedRange {
  const range = mappingUnder(buffer);
  if (range === undefined) throw mappingClosed(method, 'the Buffer was unmapped');
  return range;
}

/** A part of a Buffer. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
export function partOf(range: MappedRange, offset: number, length: number): MappedRange {
  checkRange(offset, length, range.length);
  return { mapping: range.mapping, offset: range.offset + offset, length };
}
