// Stores whose flush comes after a later fence: PMDK's src/test/pmreorder_flushes/pmreorder_flushes.c. A word stands
// for each array of 64 bytes.
import type { Words } from '../corpus/words.js';

const LINE = 64;
const NAMES = ['A', 'B', 'C', 'D', 'E'] as const;
type Name = (typeof NAMES)[number];
export const BYTES = NAMES.length * LINE;

function placeOf(name: Name): number {
  return LINE * NAMES.indexOf(name);
}

/** Five barriers. A and C are stored again before their first values are flushed, or after. */
export function writeFields(words: Words): void {
  const store = (name: Name, value: number): void => words.put(placeOf(name), value);
  const flush = (...names: Name[]): void => names.forEach((name) => words.mapping.flush(placeOf(name), LINE));
  const barrier = (...names: Name[]): void => {
    flush(...names);
    words.mapping.drain();
  };
  store('A', -1);
  flush('A');
  store('B', 2);
  flush('B');
  store('C', 3);
  barrier();
  store('A', 1);
  store('D', 4);
  barrier('D');
  store('D', 5);
  flush('D');
  store('C', 8);
  barrier();
  store('E', 6);
  barrier('E');
  barrier('A', 'C');
}

/** "A=-1 B=2 C=0 D=0 E=0" */
export function describeFields(memory: Buffer): string {
  return NAMES.map((name) => `${name}=${memory.readBigInt64LE(placeOf(name))}`).join(' ');
}
