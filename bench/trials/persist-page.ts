// Ours: persist() of one dirty page after the other, and then persistAsync() of each. Making a page dirty is not timed.
// Arguments: FILE PAGES COUNT
import { measureBlocking } from '../loop-blocking.js';
import { mapAs } from '../granularity.js';
import { medianOf } from '../statistics.js';
import { argument, nanoseconds, numericArgument, printFigures } from '../trial.js';

const PAGE = 4096;
const mapping = mapAs('page', argument(0));
const pages = numericArgument(1);
const count = numericArgument(2);
const { buffer } = mapping;

/** Makes a page dirty. Returns its offset. */
function dirtyPage(index: number): number {
  const offset = (index % pages) * PAGE;
  buffer[offset] = index;
  return offset;
}

async function main(): Promise<void> {
  const sync = medianOf(count, (index) => {
    const offset = dirtyPage(index);
    return nanoseconds(() => mapping.persist(offset, PAGE));
  });
  const asynchronous = await measureBlocking(count, (index) => {
    const offset = dirtyPage(index);
    return () => mapping.persistAsync(offset, PAGE);
  });
  printFigures({ sync, ...asynchronous });
}

void main();
