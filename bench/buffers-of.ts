import type { Mapping } from '../lib/index.js';

/** The length of each Buffer of {@link buffersOf}, but for the last one: the most that one Buffer of a mapping has. */
export const BUFFER = 2 ** 30;

/** Buffers over all bytes of the mapping, in order. */
export function buffersOf(mapping: Mapping): Buffer[] {
  return Array.from({ length: Math.ceil(mapping.length / BUFFER) }, (_, index) => {
    return mapping.view(index * BUFFER, Math.min(BUFFER, mapping.length - index * BUFFER));
  });
}
