// Ours: persist() of every dirty block of a layout. Arguments: FILE LENGTH:STRIDE:BLOCKS:BATCHES...
import { dirty, type Layout } from '../layout.js';
import { mapAs } from '../granularity.js';
import { medianOf } from '../statistics.js';
import { argument, layoutArguments, nanoseconds, printFigures } from '../trial.js';

const mapping = mapAs('cache-line', argument(0));
const { buffer } = mapping;

function batch(layout: Layout, value: number): number {
  const { length, stride, blocks } = layout;
  dirty(buffer, layout, value);
  const time = nanoseconds(() => {
    for (let block = 0; block < blocks; block++) mapping.persist(block * stride, length);
  });
  return time / blocks;
}

function measure(layout: Layout): number {
  medianOf(Math.ceil(layout.batches / 10), (index) => batch(layout, index)); // compiles the code
  return medianOf(layout.batches, (index) => batch(layout, index));
}

printFigures(Object.fromEntries(layoutArguments(1).map((layout) => [layout.length, measure(layout)])));
