import { randomOf } from '../../../lib/testing/random.js';
import type { Engine } from './engine.js';

const SAMPLES = 3;
/** Of each length: without a bound 80 stores would have 2^80 combinations. */
const MOST = 1000;

/** Combinations of `length` items, in the order of the items. */
function* combinations<Item>(items: readonly Item[], length: number): Generator<readonly Item[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const [index, item] of items.entries())
    for (const rest of combinations(items.slice(index + 1), length - 1)) yield [item, ...rest];
}

function firstOf<Item>(items: Iterable<Item>, most: number): Item[] {
  const found: Item[] = [];
  for (const item of items) if (found.push(item) === most) break;
  return found;
}

/** Three combinations by chance, none of them twice. */
export function reorderPartial(seed: number): Engine {
  const random = randomOf(seed);
  return {
    checks: true,
    *sequences(stores) {
      const all = Array.from({ length: stores.length + 1 }, (_, length) =>
        firstOf(combinations(stores, length), MOST),
      ).flat();
      for (let sample = 0; sample < SAMPLES && all.length > 0; sample++)
        yield all.splice(random() % all.length, 1)[0] ?? [];
    },
  };
}
