// Ours: persistWord() to every block of a layout. Arguments: FILE LENGTH:STRIDE:BLOCKS:BATCHES
import type { Layout } from '../layout.js';
import { mapAs } from '../granularity.js';
import { medianOf } from '../statistics.js';
import { argument, layoutArguments, nanoseconds, printFigures } from '../trial.js';

const mapping = mapAs('cache-line', argument(0));

function measure({ stride, blocks, batches }: Layout): number {
  const words = (): void => {
    for (let block = 0; block < blocks; block++) mapping.persistWord(block * stride, block);
  };
  medianOf(Math.ceil(batches / 10), () => nanoseconds(words)); // compiles the code
  return medianOf(batches, () => nanoseconds(words)) / blocks;
}

const [layout] = layoutArguments(1);
if (layout === undefined) throw new Error('no layout');
printFigures({ word: measure(layout) });
