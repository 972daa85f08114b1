import { isFloat64Array, isSharedArrayBuffer } from 'node:util/types';
import { invalidType, invalidValue, outOfRange } from './errors.js';
import { pageSpan, roundUp } from './range.js';
import { checkSize } from './validators.js';
import { isGone } from './view-state.js';

/** Ranges for one call: any number of pairs of offset and length in bytes. */
export type RangeList = Float64Array | readonly (readonly [offset: number, length: number])[];

/** A list of ranges. Only the first `count` pairs count. */
export interface Ranges {
  /** Offset and length in turn. */
  readonly pairs: Float64Array;
  readonly count: number;
  /** The caller gave an array of pairs; an error then names an element as `ranges[i][j]`. */
  readonly paired: boolean;
}

// The length of an array can be more than any memory holds. (The memory of a Float64Array exists already, so it has no
// limit.)
const MOST_PAIRS = 2 ** 24;

function flattened(ranges: readonly unknown[]): Float64Array {
  if (ranges.length > MOST_PAIRS)
    throw outOfRange('ranges.length', `<= ${MOST_PAIRS}; for more use a Float64Array`, ranges.length);
  const pairs = new Float64Array(2 * ranges.length);
  // entries() visits holes, too; forEach() skips them.
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
  // A detached list has length 0, like an empty one, but it may have had ranges.
  if (ranges.length === 0 && isGone(ranges)) {
    throw invalidType(
      'ranges',
      'over memory that is still there (this one is detached, or out of the bounds of its buffer)',
      ranges,
    );
  }
  // A copy: another thread could change the list between the check and the flush.
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

/** Refuses the pair `index`. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE naming the element. */
export function refusePair({ pairs, paired }: Ranges, index: number, size: number): never {
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

/** Checks every range against a mapping of `size` bytes. @throws as {@link refusePair}. */
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
      refusePair(ranges, i, size);
  }
}

/**
 * Reads a list of ranges. The values of the pairs are not checked yet.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE.
 */
export function rangesOf(list: unknown, count: unknown): Ranges {
  const pairs = pairsOf(list);
  return { pairs, count: countOf(count, pairs), paired: Array.isArray(list) };
}

/**
 * A private copy. The caller's list may lie in memory that another thread or process stores into, such as a mapping.
 */
export function ownCopy({ pairs, count, paired }: Ranges): Ranges {
  const own = new Float64Array(2 * count);
  for (let i = 0; i < own.length; i++) own[i] = pairs[i] ?? 0;
  return { pairs: own, count, paired };
}

/** The pages that the ranges touch, in order of their offsets, each page once. */
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
