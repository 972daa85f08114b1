// COUNT files, all mapped and sealed at the same time. Only the seals are counted. Arguments: DIRECTORY COUNT
// time|memory
import path from 'node:path';
import { map, seals, stats, type Seal } from '../../lib/index.js';
import { footprint, perObject } from '../facts/memory.js';
import { argument, numericArgument, printFigures } from '../trial.js';

async function main(): Promise<void> {
  const count = numericArgument(1);
  const mappings = Array.from({ length: count }, (_, index) => map(path.join(argument(0), String(index))));
  mappings[0]?.seal().release(); // compiles the code
  const live = new Array<Seal | undefined>(count).fill(undefined);

  const memory = argument(2) === 'memory';
  const before = memory ? await footprint() : undefined;
  const start = process.hrtime.bigint();
  for (const [index, mapping] of mappings.entries()) live[index] = mapping.seal();
  const seal = Number(process.hrtime.bigint() - start) / count;
  const figures = before === undefined ? { seal } : perObject(before, await footprint(), count);

  // Read the seals after the second footprint, so that none of them is collected before it.
  if (!live.every((one) => one?.state === 'held') || seals.list().length !== count || stats().seals !== count)
    throw new Error('a seal is missing');
  for (const mapping of mappings) mapping.close();
  printFigures(figures);
}

void main();
