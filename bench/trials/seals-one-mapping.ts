// COUNT seals of one mapping, all held at the same time. Growth: the time of the last hundredth of them divided by the
// time of the first hundredth. Arguments: DIRECTORY COUNT
import path from 'node:path';
import { map, type Seal } from '../../lib/index.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const WARM = 1_000;

const count = numericArgument(1);
const batch = count / 100;
const mapping = map(path.join(argument(0), 'one'));
const held: Seal[] = [];

/** Makes seals. Returns the nanoseconds per seal. */
function seal(seals: number): number {
  const start = process.hrtime.bigint();
  for (let made = 0; made < seals; made++) held.push(mapping.seal());
  return Number(process.hrtime.bigint() - start) / seals;
}

seal(WARM);
for (const each of held.splice(0)) each.release();
const first = seal(batch);
const between = seal(count - 2 * batch);
const last = seal(batch);
if (mapping.seals.length !== count) throw new Error('a seal is missing');
const start = process.hrtime.bigint();
for (const each of held) each.release();
printFigures({
  seal: (first + last + between * 98) / 100,
  growth: last / first,
  release: Number(process.hrtime.bigint() - start) / count,
});
mapping.close();
