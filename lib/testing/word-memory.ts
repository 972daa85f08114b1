import { WORD_BYTES } from '../core/word.js';
import { FIELDS } from './trace.js';

const BLOCK = 4096;

/** Bytes as 32-bit halves of words. The length is a multiple of 8. */
export function halvesOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/**
 * Finds the words of `live` that differ from `shadow`, and copies them to `shadow`.
 *
 * @returns FIELDS numbers for each word, in the order of addresses; undefined: none differs.
 */
export function takeChanges(live: Buffer, shadow: Buffer): Int32Array | undefined {
  if (live.equals(shadow)) return undefined;
  const now = halvesOf(live);
  const before = halvesOf(shadow);
  const found: number[] = [];
  for (let start = 0; start < live.length; start += BLOCK) {
    const end = Math.min(live.length, start + BLOCK);
    if (live.compare(shadow, start, end, start, end) === 0) continue;
    for (let at = start / 4; at < end / 4; at += 2) {
      const [low = 0, high = 0, oldLow = 0, oldHigh = 0] = [now[at], now[at + 1], before[at], before[at + 1]];
      if (low === oldLow && high === oldHigh) continue;
      found.push(at / 2, oldLow, oldHigh, low, high);
    }
  }
  live.copy(shadow);
  return Int32Array.from(found);
}

/** Calls `visit` for each word of a store. */
export function eachWord(
  words: Int32Array,
  visit: (word: number, oldLow: number, oldHigh: number, low: number, high: number) => void,
): void {
  for (let at = 0; at < words.length; at += FIELDS)
    visit(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0, words[at + 4] ?? 0);
}

/** The two halves as 16 hexadecimal digits, as a little-endian number. */
export function hexOf(low: number, high: number): string {
  const half = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
  return half(high) + half(low);
}

/** The number of words that hold `bytes`. */
export function wordsIn(bytes: number): number {
  return Math.ceil(bytes / WORD_BYTES);
}
