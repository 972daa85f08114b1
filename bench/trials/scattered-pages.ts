// Makes 75 dirty pages durable that are scattered over the file. Arguments: FILE ranges|each|all
import { mapAs } from '../granularity.js';
import { medianOf } from '../statistics.js';
import { argument, nanoseconds, printFigures } from '../trial.js';

const COUNT = 75;
const BATCHES = 11;
const PAGE = 4096;

const mapping = mapAs('page', argument(0));
const { buffer } = mapping;
const pages = buffer.length / PAGE;

/** Offsets in ascending order, others in each batch, from a linear congruential sequence. */
let state = 1;
function scattered(): number[] {
  const places = Array.from({ length: COUNT }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 8) % pages) * PAGE;
  });
  return places.sort((a, b) => a - b);
}

const ways: Readonly<Record<string, (places: readonly number[]) => void>> = {
  ranges: (places) => mapping.persistRanges(places.map((place) => [place, PAGE] as const)),
  each: (places) => places.forEach((place) => mapping.persist(place, PAGE)),
  all: (places) => mapping.persist(places[0], places[COUNT - 1]! + PAGE - places[0]!),
};
const persist = ways[argument(1)];
if (persist === undefined) throw new TypeError(`not one of ${Object.keys(ways).join(', ')}`);

printFigures({
  nanoseconds: medianOf(BATCHES, (batch) => {
    const places = scattered();
    for (const place of places) buffer[place] = batch + 2;
    return nanoseconds(() => persist(places));
  }),
});
