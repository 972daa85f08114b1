import { invalidType, outOfRange } from './errors.js';
import { checkSize } from './validators.js';

/** The bytes of a word that the CPU stores at once. */
export const WORD_BYTES = 8;

/** The offset of an aligned word inside [0, size). @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
export function checkWordOffset(offset: number, size: number): void {
  // The common case first. (The operator `|` throws for a bigint and for a symbol.)
  const isSmall = typeof offset === 'number' && (offset | 0) === offset && offset >= 0;
  if (isSmall && (offset & (WORD_BYTES - 1)) === 0 && offset <= size - WORD_BYTES) return;
  checkSize(offset, 'offset');
  if (offset % WORD_BYTES !== 0) throw outOfRange('offset', `a multiple of ${WORD_BYTES}`, offset);
  if (offset > size - WORD_BYTES) {
    const range = `<= ${size - WORD_BYTES}, so that the ${WORD_BYTES} bytes end within the mapping of ${size}`;
    throw outOfRange('offset', range, offset);
  }
}

/** An unsigned integer of 64 bits; a number must be a safe one. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
export function checkWordValue(value: bigint | number): void {
  if (typeof value === 'number') {
    if ((value | 0) !== value || value < 0) checkSize(value, 'value');
  } else if (typeof value !== 'bigint') throw invalidType('value', 'of type bigint or number', value);
  else if (BigInt.asUintN(64, value) !== value) throw outOfRange('value', '>= 0n and < 2n ** 64n', value);
}
