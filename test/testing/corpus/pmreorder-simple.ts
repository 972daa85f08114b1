// Three fields and a flag: PMDK's src/test/pmreorder_simple/pmreorder_simple.c, with words of 8 bytes.
import type { Words } from './words.js';

/** Of three fields. */
export const FIELDS = [0, 8, 16] as const;
export const FLAG = 24;
export const BYTES = 32;

/** The fields are durable before the flag is stored. */
export function writeConsistent(words: Words): void {
  for (const field of FIELDS) words.put(field, 1);
  words.persist(0, FLAG);
  words.put(FLAG, 1);
  words.persist(FLAG, 8);
}

/** The flag is stored first, and one persist is for all. */
export function writeInconsistent(words: Words): void {
  words.put(FLAG, 1);
  for (const field of FIELDS) words.put(field, 1);
  words.persist(0, BYTES);
}

/** Without the flag everything is right; with it the fields are equal. */
export function isConsistent(memory: Buffer): boolean {
  const [first, ...others] = FIELDS.map((field) => memory.readBigUInt64LE(field));
  return memory.readBigUInt64LE(FLAG) === 0n || others.every((value) => value === first);
}
