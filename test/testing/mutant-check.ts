// A program: does the simulator beside it give the images of the model, and try crashes of recovery? It runs beside a
// copy of the package with a fault. Exit code 1: it found a difference.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CrashSimulator } from '../../lib/testing/index.js';
import { BruteForce } from './brute-force.js';
import type { Step, Tier } from './steps.js';
import { failingTraces, simulate, traces } from './traces.js';

const TIERS: readonly Tier[] = [
  { granularity: 'byte' },
  { granularity: 'cache-line' },
  { granularity: 'cache-line', lines: 'ordered' },
  { granularity: 'page' },
  { granularity: 'emulated' },
];
const SEED = 1;
const RUNS = 60;

/** Random traces have this order rarely, and then an acknowledgement after it. */
const STORED_AFTER_FLUSH: readonly Step[] = [
  { call: 'store', offset: 0, value: 1n },
  { call: 'flush', range: [0, 8] },
  { call: 'store', offset: 0, value: 2n },
  { call: 'drain' },
  { call: 'ack' },
];

async function checkImages(tier: Tier): Promise<void> {
  const property = async (steps: readonly Step[]): Promise<void> =>
    assert.deepEqual([...(await simulate(tier, steps))].sort(), [...new BruteForce(tier).run(steps).images].sort());
  await property(STORED_AFTER_FLUSH);
  await fc.assert(fc.asyncProperty(traces(tier), property), { numRuns: RUNS, seed: SEED });
  if (tier.granularity !== 'page') return;
  await fc.assert(fc.asyncProperty(failingTraces(), property), { numRuns: RUNS, seed: SEED });
}

/** Recovery is right unless it crashes itself: it counts up, and forgets that it has begun. */
async function checkRecoveryCrashes(): Promise<void> {
  const simulator = new CrashSimulator({ size: 4096 });
  simulator.mapping.persistWord(0, 1);
  const { failures } = await simulator.check(
    (memory) => {
      const begun = memory.view(8, 1)[0];
      memory.persistWord(8, 1);
      memory.persistWord(8, 0);
      return begun;
    },
    (begun) => begun === 0,
  );
  simulator.close();
  assert.deepEqual(
    failures.map(({ depth }) => depth),
    [1],
  );
}

async function main(): Promise<void> {
  await checkRecoveryCrashes();
  for (const tier of TIERS) await checkImages(tier);
}

main().catch((error: unknown) => {
  console.error(String(error).slice(0, 2000));
  process.exitCode = 1;
});
