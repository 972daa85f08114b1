// Ours: persistRanges() of all dirty blocks of a layout, in one call. Arguments: FILE LENGTH:STRIDE:BLOCKS:BATCHES
import { dirty, type Layout } from '../layout.js';
import { mapAs } from '../granularity.js';
import { medianOf } from '../statistics.js';
import { argument, layoutArguments, nanoseconds, printFigures } from '../trial.js';

const mapping = mapAs('cache-line', argument(0));
const { buffer } = mapping;

function measure(layout: Layout): number {
  const { length, stride, blocks, batches } = layout;
  const ranges = new Float64Array(2 * blocks);
  for (let block = 0; block < blocks; block++) ranges.set([block * stride, length], 2 * block);
  const sample = (index: number): number => {
    dirty(buffer, layout, index);
    return nanoseconds(() => mapping.persistRanges(ranges));
  };
  medianOf(batches, sample); // one call per batch, so compiling the code needs as many batches
  return medianOf(batches, sample);
}

printFigures({ nanoseconds: measure(layoutArguments(1)[0]!) });
