import { isFloat64Array, isSharedArrayBuffer } from 'node:util/types';
import { invalidType, invalidValue, outOfRange } from './errors.js';
import { pageSpan, roundUp } from './range.js';
import { checkSize } from './validators.js';
import { isGone } from './view-state.js';

/** Ranges for one call: offset and length in turn, as many pairs as are wanted. */
export type RangeList = Float64Array | readonly (readonly [offset: number, length: number])[];

/** Offset and length in turn; `count` pairs of them count. */
export interface Ranges {
  readonly pairs: Float64Array;
  readonly count: number;
  /** They were given as an array of pairs: an error names them as that has them. */
  readonly paired: boolean;
}

// An array can say to be longer than any memory. (A Float64Array of the caller's may have as many as there is room for.)
const MOST_PAIRS = 2 ** 24;

function flattened(ranges: readonly unknown[]): Float64Array {
  if (ranges.length > MOST_PAIRS)
    throw outOfRange('ranges.length', `<= ${MOST_PAIRS}; for more use a Float64Array`, ranges.length);
  const pairs = new Float64Array(2 * ranges.length);
  // Holes too, which forEach() passes over.
  for (const [i, range] of ranges.entries()) {
    if (!Array.isArray(range) || range.length !== 2)
      throw invalidType(`ranges[${i}]`, 'a pair [offset, length]', range);
    const [offset, length] = range as [unknown, unknown];
    checkSize(offset, `ranges[${i}][0]`);
    checkSize(length, `ranges[${i}][1]`);
    pairs[2 * i] = offset;
    pairs[2 * i + 1] = length;
  }
  return pairs;
}

function pairsOf(ranges: unknown): Float64Array {
  if (Array.isArray(ranges)) return flattened(ranges);
  if (!isFloat64Array(ranges))
    throw invalidType('ranges', 'a Float64Array or an array of [offset, length] pairs', ranges);
  // It has length 0 like an empty one, but there may have been ranges in it.
  if (ranges.length === 0 && isGone(ranges)) {
    throw invalidType(
      'ranges',
      'over memory that is still there (this one is detached, or out of the bounds of its buffer)',
      ranges,
    );
  }
  // Another thread could change it between the check and the flush.
  if (isSharedArrayBuffer(ranges.buffer)) return new Float64Array(ranges);
  return ranges;
}

function countOf(count: unknown, pairs: Float64Array): number {
  const there = pairs.length / 2;
  if (count === undefined) {
    if (Number.isInteger(there)) return there;
    throw invalidValue('ranges', 'must have an even number of elements, offset and length in turn', pairs.length);
  }
  checkSize(count, 'count');
  if (count > there) throw outOfRange('count', `<= ${Math.floor(there)}, the pairs that ranges has`, count);
  return count;
}

/** Says what is wrong with the pair `index`. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE naming the element. */
export function refuse({ pairs, paired }: Ranges, index: number, size: number): never {
  const place = 2 * index;
  const [first, second] = paired
    ? [`ranges[${index}][0]`, `ranges[${index}][1]`]
    : [`ranges[${place}]`, `ranges[${place + 1}]`];
  const offset = pairs[place];
  const length = pairs[place + 1];
  checkSize(offset, first);
  checkSize(length, second);
  if (offset > size) throw outOfRange(first, `<= ${size}, the length of the mapping`, offset);
  throw outOfRange(second, `<= ${size - offset}, what is left after offset ${offset}`, length);
}

/** Checks every range against a mapping of `size` bytes. @throws as {@link refuse}. */
export function checkBounds(ranges: Ranges, size: number): void {
  const { pairs, count } = ranges;
  for (let i = 0; i < count; i++) {
    const offset = pairs[2 * i] ?? 0;
    const length = pairs[2 * i + 1] ?? 0;
    if (!(
      offset >= 0 &&
      length >= 0 &&
      length <= size - offset &&
      Number.isInteger(offset) &&
      Number.isInteger(length)
    ))
      refuse(ranges, i, size);
  }
}

/** The list as pairs; their values are not looked at yet. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE. */
export function rangesOf(given: unknown, wanted: unknown): Ranges {
  const pairs = pairsOf(given);
  return { pairs, count: countOf(wanted, pairs), paired: Array.isArray(given) };
}

/** A copy that nobody else can change: the list may lie in memory that another thread or process stores into, such as a mapping. */
export function ownCopy({ pairs, count, paired }: Ranges): Ranges {
  const own = new Float64Array(2 * count);
  for (let i = 0; i < own.length; i++) own[i] = pairs[i] ?? 0;
  return { pairs: own, count, paired };
}

/** The pages that the ranges touch, in order, each once. */
export function* pageSpans({ pairs, count }: Ranges, pageSize: number): Generator<{ offset: number; length: number }> {
  const spans = Array.from({ length: count }, (_, i) => pageSpan(pairs[2 * i] ?? 0, pairs[2 * i + 1] ?? 0, pageSize))
    .filter((_, i) => pairs[2 * i + 1] !== 0)
    .sort((a, b) => a.offset - b.offset);
  let current: { offset: number; length: number } | undefined;
  for (const { offset, length } of spans) {
    if (current !== undefined && offset <= current.offset + roundUp(current.length, pageSize)) {
      current.length = Math.max(current.length, offset + length - current.offset);
      continue;
    }
    if (current !== undefined) yield current;
    current = { offset, length };
  }
  if (current !== undefined) yield current;
}
