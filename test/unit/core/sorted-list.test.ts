import { expect, test } from '@jest/globals';
import { SortedList } from '../../../lib/core/sorted-list.js';
import { Random, seeds } from '../../support/random.js';

test.each(seeds(3))('it is the list that sorting would give, whatever is added and deleted (seed %d)', (seed) => {
  const random = new Random(seed);
  const list = new SortedList<number>((item) => item);
  const model = new Set<number>();
  for (let i = 0; i < 5000; i++) {
    const item = random.below(4000);
    if (model.has(item)) list.delete(item);
    else list.add(item);
    if (!model.delete(item)) model.add(item);
    if (i % 50 !== 0) continue;
    const sorted = [...model].sort((a, b) => a - b);
    const key = random.below(4000);
    expect([...list]).toEqual(sorted);
    expect(list.first).toBe(sorted[0]);
    expect(list.atOrBefore(key)).toBe(sorted.filter((each) => each <= key).at(-1));
    expect(list.after(key)).toBe(sorted.find((each) => each > key));
  }
  for (const item of model) list.delete(item);
  expect([list.first, list.atOrBefore(4000), list.after(-1)]).toEqual([undefined, undefined, undefined]);
});

test.each([
  ['in order', (i: number) => i],
  ['in reverse', (i: number) => -i],
  ['scattered', (i: number) => (i * 7919) % 100_000],
])('added %s, an item is compared with some log n others', (_title, keyOf) => {
  const COUNT = 100_000;
  let looks = 0;
  const list = new SortedList<number>((item) => (looks++, item));
  for (let i = 0; i < COUNT; i++) list.add(keyOf(i));
  expect(looks / COUNT).toBeLessThan(2 * Math.log2(COUNT));
});
