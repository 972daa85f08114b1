import fc from 'fast-check';
import { constants } from '../../lib/index.js';
import { MOST_PAGES } from './command.js';
import type { ModelFile } from './model-file.js';
import type { Model } from './state.js';

const { PAGE_SIZE } = constants;

export const fileLengths = fc.oneof(
  fc.constantFrom(1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE, 3 * PAGE_SIZE + 100),
  fc.integer({ min: 1, max: MOST_PAGES * PAGE_SIZE }),
);

/** ftruncate(2). */
export function setLength(model: Model, length: number): void {
  const isShorter = length < model.file.length;
  model.file.setLength(length);
  if (isShorter) for (const { memory } of model.mappings) memory.onTruncated();
}

/** File systems differ about the last page of a file that ends inside it: such a punch is left out. */
export function isPlainPunch({ length: end }: ModelFile, offset: number, length: number): boolean {
  return length > 0 && offset + length <= end - (end % PAGE_SIZE);
}
