import type { Engine } from './engine.js';

/** Each choice of `length` items, in each order. */
function* permutations<Item>(items: readonly Item[], length: number): Generator<readonly Item[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const [index, item] of items.entries())
    for (const rest of permutations(items.toSpliced(index, 1), length - 1)) yield [item, ...rest];
}

/** Every permutation of every length. */
export const reorderFull: Engine = {
  checks: true,
  *sequences(stores) {
    for (let length = 0; length <= stores.length; length++) yield* permutations(stores, length);
  },
};
