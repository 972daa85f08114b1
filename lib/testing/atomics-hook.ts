import { WORD_BYTES } from '../core/word.js';
import type { Recorder } from './recorder.js';

const STORING = ['add', 'and', 'compareExchange', 'exchange', 'or', 'store', 'sub', 'xor'] as const;
type Storing = (typeof STORING)[number];
type Words = { readonly buffer: ArrayBufferLike; readonly byteOffset: number; readonly BYTES_PER_ELEMENT: number };
type Call = (array: Words, index: number, ...rest: unknown[]) => unknown;

/** A window of a simulated memory, and the place of its first byte. */
interface Place {
  readonly recorder: Recorder;
  readonly start: number;
}

const windows = new WeakMap<ArrayBufferLike, Place>();
const recorders = new Set<Recorder>();
const originals = new Map<Storing, Call>();
const atomics = Atomics as unknown as Record<Storing, Call>;

function note({ buffer, byteOffset, BYTES_PER_ELEMENT }: Words, index: number): void {
  const place = BYTES_PER_ELEMENT === WORD_BYTES ? windows.get(buffer) : undefined;
  place?.recorder.noteAtomic(place.start + byteOffset + index * WORD_BYTES);
}

/** Atomics calls on `window` store words of this memory. */
export function addWindow(window: ArrayBufferLike, recorder: Recorder, start: number): void {
  windows.set(window, { recorder, start });
}

function patch(): void {
  for (const name of STORING) {
    const original = atomics[name];
    originals.set(name, original);
    atomics[name] = (array, index, ...rest) => {
      const result = original(array, index, ...rest);
      note(array, index);
      return result;
    };
  }
}

/**
 * Until the returned function is called, Atomics calls on 8-byte words are known to store a word whole. Atomics itself
 * has other functions then, which call its own.
 */
export function hookAtomics(recorder: Recorder): () => void {
  if (recorders.size === 0) patch();
  recorders.add(recorder);
  return () => {
    if (!recorders.delete(recorder) || recorders.size > 0) return;
    for (const [name, original] of originals) atomics[name] = original;
    originals.clear();
  };
}
