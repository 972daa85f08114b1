// Ours: persist() of one dirty page after the other, then persistAsync() of each; making a page dirty is not timed.
// Then persistAsync() in several files at once. Arguments: FILE PAGES COUNT COUNT-AT-ONCE OTHER-FILE...
import { flushTimeAtOnce } from '../files-at-once.js';
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
  const atOnce = await flushTimeAtOnce(process.argv.slice(6), numericArgument(3), (file, offset) =>
    file.mapping.persistAsync(offset, PAGE),
  );
  printFigures({ sync, ...asynchronous, atOnce });
}

void main();
