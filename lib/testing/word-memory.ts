import { WORD_BYTES } from '../core/word.js';
import { FIELDS } from './trace.js';

const BLOCK = 4096;

/** Bytes as 32-bit halves of words. The length is a multiple of 8. */
export function halvesOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** Room for the words of one block that differ. It is used again: the words of most calls are few. */
const found = new Int32Array((BLOCK / WORD_BYTES) * FIELDS);

/** Collects the words of one block that differ. @returns the numbers in {@link found}. */
function compareBlock(now: Int32Array, before: Int32Array, start: number, end: number): number {
  let count = 0;
  for (let at = start / 4; at < end / 4; at += 2) {
    const low = now[at] as number;
    const high = now[at + 1] as number;
    if (low === before[at] && high === before[at + 1]) continue;
    found[count] = at / 2;
    found[count + 1] = before[at] as number;
    found[count + 2] = before[at + 1] as number;
    found[count + 3] = low;
    found[count + 4] = high;
    count += FIELDS;
  }
  return count;
}

function joined(parts: readonly Int32Array[]): Int32Array | undefined {
  if (parts.length < 2) return parts[0];
  const all = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The numbers of all parts, in the order of addresses. */
function inOrder(parts: readonly Int32Array[]): Int32Array | undefined {
  const all = joined(parts);
  if (all === undefined) return undefined;
  const words = Array.from({ length: all.length / FIELDS }, (_, word) =>
    all.subarray(word * FIELDS, (word + 1) * FIELDS),
  );
  words.sort(([a = 0], [b = 0]) => a - b);
  return joined(words);
}

function changedBlocks(live: Buffer, shadow: Buffer, now: Int32Array, before: Int32Array): Int32Array[] {
  const parts: Int32Array[] = [];
  for (let start = 0; start < live.length; start += BLOCK) {
    const end = Math.min(live.length, start + BLOCK);
    if (live.compare(shadow, start, end, start, end) === 0) continue;
    parts.push(found.slice(0, compareBlock(now, before, start, end)));
    live.copy(shadow, start, start, end);
  }
  return parts;
}

/**
 * Finds the words of `live` that differ from `shadow`, and copies them to `shadow`.
 *
 * @param likely - the range where changes are likely, which is looked at first: [start, end). A range longer than a
 *   block is no help.
 * @returns FIELDS numbers for each word, in the order of addresses; undefined: none differs.
 */
export function takeChanges(live: Buffer, shadow: Buffer, likely?: readonly [number, number]): Int32Array | undefined {
  const now = halvesOf(live);
  const before = halvesOf(shadow);
  const parts: Int32Array[] = [];
  if (likely !== undefined && likely[1] - likely[0] <= BLOCK - WORD_BYTES) {
    const start = Math.floor(likely[0] / WORD_BYTES) * WORD_BYTES;
    const end = Math.min(live.length, Math.ceil(likely[1] / WORD_BYTES) * WORD_BYTES);
    const count = compareBlock(now, before, start, end);
    if (count > 0) parts.push(found.slice(0, count));
    if (count > 0) live.copy(shadow, start, start, end);
  }
  if (live.equals(shadow)) return parts[0];
  const others = changedBlocks(live, shadow, now, before);
  return parts.length === 0 ? joined(others) : inOrder([...parts, ...others]);
}

/** Copies the new values of a store to `memory`, whose words have other ones. */
export function applyWords(words: Int32Array, memory: Buffer): void {
  const halves = halvesOf(memory);
  eachWord(words, (word, _oldLow, _oldHigh, low, high) => {
    halves[2 * word] = low;
    halves[2 * word + 1] = high;
  });
}

/**
 * Finds the words of `shadow` that differ from the old values of a store.
 *
 * @returns FIELDS numbers for each word, from the value in `shadow` to the old one; undefined: none differs.
 */
export function missedBefore(words: Int32Array, shadow: Buffer): Int32Array | undefined {
  const halves = halvesOf(shadow);
  const found: number[] = [];
  eachWord(words, (word, oldLow, oldHigh) => {
    const [low = 0, high = 0] = [halves[2 * word], halves[2 * word + 1]];
    if (low !== oldLow || high !== oldHigh) found.push(word, low, high, oldLow, oldHigh);
  });
  return found.length === 0 ? undefined : Int32Array.from(found);
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
