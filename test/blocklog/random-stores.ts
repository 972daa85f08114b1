import { put, type Entry } from '../testing/corpus/entry.js';
import { Random } from '../support/random.js';

const PAGES = [
  [0, 8, 512, 520],
  [4096, 4104, 7680, 7688],
] as const;
const STEPS = 120;
/** Stores into one page before its persist: with more there are too many contents to try all. */
const MOST = 4;

/**
 * Single stores into two sectors of each of two pages, and a persist of one page now and then. It has no recovery: it
 * shows contents that no log has, such as the second store of a page without the first one.
 */
export function randomStores(size: number): Entry {
  return {
    name: 'random stores',
    size,
    workload(mapping, ack) {
      const random = new Random(1);
      const since = PAGES.map(() => 0);
      const persist = (page: number): void => {
        mapping.persist(page * 4096, 4096);
        since[page] = 0;
      };
      for (let step = 1; step <= STEPS; step++) {
        const page = random.below(PAGES.length);
        put(mapping, random.of(PAGES[page] ?? []), step);
        since[page] = (since[page] ?? 0) + 1;
        ack();
        if (since[page] === MOST) persist(page);
        else if (random.below(3) === 0) persist(random.below(PAGES.length));
      }
    },
    recover: () => undefined,
    invariant: () => true,
  };
}
