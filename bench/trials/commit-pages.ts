// Durable commits of 75 values at random keys. Arguments: PATH STORE PAGES COMMITS
import type { CommitStore } from '../commit-store.js';
import { stores, VALUE } from '../commit-stores.js';
import { randomOffsets } from '../numbered-file.js';
import { median } from '../statistics.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const KEYS = 75;

const pages = numericArgument(2);
const next = randomOffsets(1, pages);

/** Each key once. */
function randomKeys(): number[] {
  const keys = new Set<number>();
  while (keys.size < KEYS) keys.add(next());
  return [...keys];
}

async function check(store: CommitStore, keys: readonly number[], value: Buffer): Promise<void> {
  for (const key of keys) {
    const found = await store.read(key);
    if (found === undefined || !value.equals(found)) throw new Error(`value ${key} is not that of the last commit`);
  }
}

async function main(): Promise<void> {
  const store = await stores[argument(1)]!(argument(0), pages);
  const times: number[] = [];
  const commits = numericArgument(3);
  for (let number = 1; number <= commits + 1; number++) {
    const keys = randomKeys();
    const value = Buffer.alloc(VALUE, number);
    const start = process.hrtime.bigint();
    const committed = store.commit(keys, value);
    if (committed !== undefined) await committed;
    times.push(Number(process.hrtime.bigint() - start));
    if (number === commits + 1) await check(store, keys, value);
  }
  await store.close();
  const later = times.slice(1); // the first one compiles the code
  printFigures({ commit: median(later), mean: later.reduce((sum, time) => sum + time, 0) / later.length });
}

void main();
