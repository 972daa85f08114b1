// Twelve fields and nested markers: PMDK's src/test/pmreorder_stack/pmreorder_stack.c, with words of 8 bytes.
import type { Words } from '../corpus/words.js';
import type { Checked } from './replay.js';

const MARKERS = ['FIELDS_PACK_TWO.BEGIN', 'FIELDS_PACK_ONE.BEGIN', 'FIELDS_PACK_ONE.END', 'FIELDS_PACK_TWO.END'];
const PACK = 4; // fields that one barrier ends
export const BYTES = 3 * PACK * 8;

/** Stores the fields, four before each barrier. The first two markers come together. */
export function writeFields(words: Words, mark: (marker: string) => void): void {
  const [outer = '', ...others] = MARKERS;
  mark(outer);
  for (const [pack, marker] of others.entries()) {
    mark(marker);
    const first = 8 * PACK * pack;
    for (let field = 0; field < PACK; field++) words.put(first + 8 * field, 1);
    words.persist(first, 8 * PACK);
  }
}

/**
 * Wrong are all four fields of the first barrier after two markers, and all four of the second one after three: which
 * contents are wrong depends on the markers, and on the engine that each of them has chosen.
 */
export function isConsistent({ memory, markers }: Checked): boolean {
  if (markers.length === MARKERS.length) return markers.join() === MARKERS.join();
  const pack = markers.length - 2;
  if (pack < 0) return false;
  const fields = Array.from({ length: PACK }, (_, field) => memory.readBigUInt64LE(8 * (PACK * pack + field)));
  return !fields.every((value) => value === 1n);
}
