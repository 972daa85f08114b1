// Calls everything with hostile arguments, in child processes; a child that does not end well is reported.
//   npm run fuzz -- [--calls 1000000] [--seed 1] [--only public|native]
import { parseArgs } from 'node:util';
import { everything } from './fuzzed.js';
import { leftOut } from './native-hints.js';
import { runRound, type Fuzzed } from './round.js';

const PER_CHILD = 250_000;
const MOST_FAILURES = 5;

const { values: given } = parseArgs({
  options: { calls: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string', default: '' } },
});
const calls = Number(given.calls ?? 1_000_000);
const seed = Number(given.seed ?? Date.now() % 2 ** 31);

/** Makes all calls of one kind. Returns the number of failures. */
async function run(fuzzed: Fuzzed): Promise<number> {
  const start = process.hrtime.bigint();
  let failures = 0;
  let made = 0;
  const called = new Set<string>();
  for (let round = seed; made < calls && failures < MOST_FAILURES; round++) {
    const count = Math.min(PER_CHILD, calls - made);
    const { failure, called: names } = await runRound(fuzzed, { seed: round, calls: count });
    made += count;
    for (const name of names) called.add(name);
    if (failure === undefined) continue;
    failures++;
    console.log(failure);
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  console.log(
    `${fuzzed.title}: ${made} calls in ${seconds.toFixed(0)} s on Node ${process.version}, seed ${seed}: ${failures} failures`,
  );
  const uncalled = fuzzed.names.filter((name) => !called.has(name));
  console.log(`${called.size} names; never called: ${uncalled.join(', ') || 'none'}`);
  return failures + uncalled.length;
}

async function main(): Promise<void> {
  console.log(`seed ${seed}; left out: ${leftOut}`);
  let failures = 0;
  for (const fuzzed of everything) if (fuzzed.title.startsWith(given.only)) failures += await run(fuzzed);
  process.exitCode = failures === 0 ? 0 : 1;
}

void main();
