// The list of PMDK's example for pmreorder: src/examples/pmreorder/pmreorder_list.c, with words of 8 bytes.
import type { Words } from './words.js';

/** The id of the first node; 0: none. */
export const HEAD = 0;

/** Bytes of a node: its value, then the id of the next one. */
const NODE = 16;

/** The place of a node. Node 0 is never used. */
export function nodeAt(id: number): number {
  return HEAD + 8 + NODE * id;
}

/** The three insertions of the example: id and value. */
export const INSERTIONS = [
  [5, 55],
  [3, 33],
  [6, 66],
] as const;

/** The node is durable before the head leads to it. */
export function insertConsistent(words: Words, id: number, value: number): void {
  words.put(nodeAt(id), value);
  words.put(nodeAt(id) + 8, words.get(HEAD));
  words.persist(nodeAt(id), NODE);
  words.put(HEAD, id);
  words.persist(HEAD, 8);
}

/** The value comes last: until then the head leads to a node without one. */
export function insertInconsistent(words: Words, id: number, value: number): void {
  words.put(nodeAt(id) + 8, words.get(HEAD));
  words.persist(nodeAt(id) + 8, 8);
  words.put(HEAD, id);
  words.persist(HEAD, 8);
  words.put(nodeAt(id), value);
  words.persist(nodeAt(id), 8);
}

/** The values, the newest first. 0: a node that has none. */
export function valuesOf(memory: Buffer): number[] {
  const wordAt = (offset: number): number => Number(memory.readBigUInt64LE(offset));
  const values: number[] = [];
  for (let id = wordAt(HEAD); id !== 0; id = wordAt(nodeAt(id) + 8)) values.push(wordAt(nodeAt(id)));
  return values;
}
