// Ours: TypedArray.set into the mapping, then persist(), for every block of a layout.
// Arguments: FILE LENGTH:STRIDE:BLOCKS:BATCHES...
import type { Layout } from '../layout.js';
import { mapAs } from '../granularity.js';
import { medianOf } from '../statistics.js';
import { argument, layoutArguments, nanoseconds, printFigures } from '../trial.js';

const mapping = mapAs('cache-line', argument(0));
const { buffer } = mapping;

function measure({ length, stride, blocks, batches }: Layout): number {
  const source = new Uint8Array(length).fill(length % 251);
  const copies = (): void => {
    for (let block = 0; block < blocks; block++) {
      buffer.set(source, block * stride);
      mapping.persist(block * stride, length);
    }
  };
  return medianOf(batches, () => nanoseconds(copies)) / blocks;
}

printFigures(Object.fromEntries(layoutArguments(1).map((layout) => [layout.length, measure(layout)])));
