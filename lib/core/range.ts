import { outOfRange } from './errors.js';
import { checkSize } from './validators.js';

/**
 * The only bounds check: [offset, offset + length) must lie inside [0, size). It is written `length > size - offset`,
 * which cannot overflow. A length of 0 passes, also at `size`.
 */
export function checkRange(offset: number, length: number, size: number): void {
  // The common case first: comparisons of small integers. (The operator `|` throws for a bigint and for a symbol.)
  if (
    typeof offset === 'number' &&
    typeof length === 'number' &&
    (offset | 0) === offset &&
    (length | 0) === length &&
    offset >= 0 &&
    length >= 0 &&
    length <= size - offset
  )
    return;
  checkNamedRange(offset, length, size, { offset: 'offset', length: 'length' });
}

function checkNamedRange(
  offset: number,
  length: number,
  size: number,
  names: { readonly offset: string; readonly length: string },
): void {
  checkSize(offset, names.offset);
  checkSize(length, names.length);
  if (offset > size) throw outOfRange(names.offset, `<= ${size}, the length of the mapping`, offset);
  if (length > size - offset)
    throw outOfRange(names.length, `<= ${size - offset}, what is left after offset ${offset}`, length);
}

/** As {@link checkRange}, for `options.offset` and `options.length`. */
export function checkOptionRange(offset: number, length: number, size: number): void {
  checkNamedRange(offset, length, size, { offset: 'options.offset', length: 'options.length' });
}

/** As {@link checkRange}, for a copy of `length` bytes to `offset`. The error names the arguments of the caller. */
export function checkPlace(offset: number, length: number, size: number): void {
  if (typeof offset === 'number' && (offset | 0) === offset && offset >= 0 && length <= size - offset) return;
  checkSize(offset, 'offset');
  if (length > size) throw outOfRange('source.byteLength', `<= ${size}, the length of the mapping`, length);
  if (length > size - offset)
    throw outOfRange(
      'offset',
      `<= ${size - length}, so that the ${length} bytes of source end within the mapping of ${size}`,
      offset,
    );
}

/** The pages that a range touches. System calls need an aligned start. */
export interface PageSpan {
  offset: number;
  length: number;
}

/** The range with its start moved down to a page boundary. `pageSize` is a power of two. */
export function pageSpan(offset: number, length: number, pageSize: number): PageSpan {
  const before = offset % pageSize;
  return { offset: offset - before, length: length + before };
}

/** The smallest multiple of `unit` that is not below `value`. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
