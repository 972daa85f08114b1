// fs.writeSync, then fs.fdatasyncSync, for every block of a layout. Arguments: FILE LENGTH:STRIDE:BLOCKS:BATCHES...
import fs from 'node:fs';
import type { Layout } from '../layout.js';
import { medianOf } from '../statistics.js';
import { argument, layoutArguments, nanoseconds, printFigures } from '../trial.js';

const fd = fs.openSync(argument(0), 'r+');

function measure({ length, stride, blocks, batches }: Layout): number {
  const source = new Uint8Array(length).fill(length % 251);
  const copies = (): void => {
    for (let block = 0; block < blocks; block++) {
      const written = fs.writeSync(fd, source, 0, length, block * stride);
      if (written !== length) throw new Error(`${written} bytes of ${length} were written`);
      fs.fdatasyncSync(fd);
    }
  };
  return medianOf(batches, () => nanoseconds(copies)) / blocks;
}

printFigures(Object.fromEntries(layoutArguments(1).map((layout) => [layout.length, measure(layout)])));
