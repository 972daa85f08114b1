// Ours: COUNT mappings of one open file, all alive, no Buffer asked for. Arguments: FILE COUNT
import fs from 'node:fs';
import { map, type Mapping } from '../../lib/index.js';
import { footprint, perObject } from '../memory.js';
import { argument, numericArgument, print } from '../trial.js';

const LENGTH = 4096;

async function main(): Promise<void> {
  const count = numericArgument(1);
  const fd = fs.openSync(argument(0), 'r+');
  // Compiles the code and makes what the first mapping of a file makes; none of it is per mapping.
  for (let i = 0; i < 2000; i++) map(fd, { length: LENGTH }).close();
  const mappings = new Array<Mapping | undefined>(count).fill(undefined);

  const before = await footprint();
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) mappings[i] = map(fd, { length: LENGTH });
  const nanoseconds = Number(process.hrtime.bigint() - start) / count;
  const after = await footprint();

  // Read after the second footprint, so that none of them may be collected before it.
  if (!mappings.every((mapping) => mapping?.length === LENGTH)) throw new Error('a mapping is missing');
  print({ nanoseconds, ...perObject(before, after, count) });
}

void main();
