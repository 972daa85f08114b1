// Ours: the time per call of the last tenth of many calls, divided by that of the first tenth. Arguments: FILE COUNT
import { map } from '../../lib/index.js';
import { argument, nanoseconds, numericArgument, printFigures } from '../trial.js';

const PAGE = 4096;
const MAPPED = 2 ** 28;

const count = numericArgument(1);
const growths = count / 20;

/** @param call - returns the nanoseconds of its timed part. */
function growth(calls: number, call: (i: number) => number): number {
  const times = Array.from({ length: calls }, (_, i) => call(i));
  const part = calls / 10;
  const sum = (from: number): number => times.slice(from, from + part).reduce((total, time) => total + time, 0);
  return sum(calls - part) / sum(0);
}

function arrayBuffers(): number {
  const mapping = map(argument(0));
  const kept: ArrayBuffer[] = [];
  const ratio = growth(count, (i) => nanoseconds(() => void kept.push(mapping.arrayBuffer(i * 64, 64))));
  mapping.close();
  return ratio;
}

function grownViews(): number {
  const mapping = map(argument(0), { length: MAPPED, reserve: 2 * MAPPED });
  mapping.view(0, PAGE);
  const ratio = growth(growths, () => {
    const end = mapping.length;
    mapping.resize(end + PAGE);
    return nanoseconds(() => mapping.view(end, 64));
  });
  mapping.close();
  return ratio;
}

/** No request can end during the calls, because that needs a turn of the event loop. */
async function waitingRequests(): Promise<number> {
  const mapping = map(argument(0));
  const requests: Promise<unknown>[] = [];
  const ratio = growth(count, (i) => nanoseconds(() => void requests.push(mapping.persistAsync(i * 2 * PAGE, 8))));
  const ended = Promise.allSettled(requests);
  mapping.close();
  await ended;
  return ratio;
}

async function main(): Promise<void> {
  // The first pass compiles the code.
  const measure = async () => ({
    arrayBuffer: arrayBuffers(),
    view: grownViews(),
    persistAsync: await waitingRequests(),
  });
  await measure();
  printFigures(await measure());
}

void main();
