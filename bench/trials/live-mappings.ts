// Ours: COUNT mappings of one open file, all alive, without a Buffer. Arguments: FILE COUNT time|memory
import fs from 'node:fs';
import { map, type Mapping } from '../../lib/index.js';
import { footprint, perObject } from '../facts/memory.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const LENGTH = 4096;

async function main(): Promise<void> {
  const count = numericArgument(1);
  const fd = fs.openSync(argument(0), 'r+');
  // Compiles the code, and makes the objects that all mappings of a file share.
  for (let i = 0; i < 2000; i++) map(fd, { length: LENGTH }).close();
  const mappings = new Array<Mapping | undefined>(count).fill(undefined);

  const memory = argument(2) === 'memory';
  const before = memory ? await footprint() : undefined;
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) mappings[i] = map(fd, { length: LENGTH });
  const nanoseconds = Number(process.hrtime.bigint() - start) / count;
  const memoryEach = before === undefined ? undefined : perObject(before, await footprint(), count);

  // Read the mappings after the second footprint, so that none of them is collected before it.
  if (!mappings.every((mapping) => mapping?.length === LENGTH)) throw new Error('a mapping is missing');
  const closing = process.hrtime.bigint();
  for (const mapping of mappings) mapping?.close();
  const close = Number(process.hrtime.bigint() - closing) / count;
  printFigures(memoryEach ?? { nanoseconds, close });
}

void main();
