// Programs under trace: 'exact', in a process of their own: a fault of the tracer ends it. Arguments: the program, and
// its numbers.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CrashSimulator } from '../../../lib/testing/index.js';
import { selectBackend } from '../../../lib/backend/select.js';
import { rulesOf } from '../../../lib/testing/model.js';
import { randomOf } from '../../../lib/testing/random.js';
import { SimulatedMemory } from '../../../lib/testing/simulated-memory.js';
import { storeLog } from '../../../lib/testing/store-log.js';
import { loadTracer } from '../../../lib/testing/tracer.js';
import { BruteForce } from '../../testing/brute-force.js';
import { PROGRAM_SIZE, runProgram } from '../../testing/exact-programs.js';
import { replayLines, storeLines } from '../../testing/store-lines.js';
import type { Step, Tier } from '../../testing/steps.js';
import { simulate, storeInPieces, traces } from '../../testing/traces.js';

const MEBIBYTE = 2 ** 20;
const RULES = rulesOf({ granularity: 'page', lines: 'words', sector: 512, trace: 'exact' });

/** Each of so many stores of a word is seen, with its place and its value, in order. */
function order(count: number): void {
  using simulator = new CrashSimulator({ size: MEBIBYTE, granularity: 'byte', trace: 'exact' });
  const words = new BigUint64Array(simulator.mapping.arrayBuffer(0, MEBIBYTE));
  const random = randomOf(count);
  const wanted: [number, bigint][] = [];
  for (let i = 0; i < count; i++) {
    const index = random() % words.length;
    // No byte is equal to the byte that it replaces, so that all eight are seen to change.
    const value = (words[index] as bigint) ^ (0x0101_0101_0101_0101n * BigInt(1 + (i % 255)));
    words[index] = value;
    wanted.push([8 * index, value]);
  }
  const seen = storeLines(simulator.storeLog());
  assert.equal(seen.length, wanted.length);
  for (const [i, [offset, value]] of wanted.entries()) assert.deepEqual(seen[i], { offset, length: 8, value });
}

/** The stores that were seen, done again, give the memory; and none of them was found by comparison. */
function replay(count: number, seed: number): void {
  const backend = selectBackend('native');
  const tracer = loadTracer(backend);
  for (let program = seed; program < seed + count; program++) {
    const memory = new SimulatedMemory(backend, 'page', PROGRAM_SIZE, tracer);
    const mapping = memory.map();
    runProgram(mapping, program);
    memory.recorder.look('the end');
    const { events } = memory.recorder;
    assert(
      events.every((event) => event.kind !== 'store' || event.span !== undefined),
      `missed in program ${program}`,
    );
    assert(
      replayLines(storeLog(events, PROGRAM_SIZE, RULES), PROGRAM_SIZE).equals(mapping.buffer),
      `program ${program}`,
    );
    memory.close();
  }
}

/** Stores, and calls that store one word: the instructions of the others are not known. */
function isOneStore(step: Step): boolean {
  return step.call !== 'write' && step.call !== 'fill';
}

function knownSteps(steps: readonly Step[]): Step[] {
  return steps
    .filter(isOneStore)
    .map((step) => (step.call === 'persistAsync' ? { ...step, during: step.during.filter(isOneStore) } : step));
}

/** The images are those of the model. */
async function legal(count: number, seed: number, tier: Tier): Promise<void> {
  const property = fc.asyncProperty(traces(tier), async (all) => {
    const steps = knownSteps(all);
    const images = new BruteForce(tier).run(steps).images;
    assert.deepEqual([...(await simulate(tier, steps))].sort(), [...images].sort());
  });
  await fc.assert(property, { numRuns: count, seed });
}

/**
 * Without overwrites the images are among those of a diff with each mixture of bytes. That is 'emulated': its persists
 * cover the same bytes if they persist whole lines.
 */
async function contained(count: number, seed: number): Promise<void> {
  let fewer = 0;
  const store = fc.record({
    call: fc.constant('store' as const),
    offset: fc.constantFrom(0, 64, 512, 4096),
    value: fc.constantFrom(0x0102n, 0x0300_0000_0000_0004n, 0x050607n),
  });
  const persist = fc.constantFrom<Step>(
    { call: 'persist', range: [0, 64] },
    { call: 'persist', range: [64, 64] },
    { call: 'persist', range: [0, 8192] },
    { call: 'ack' },
  );
  const property = fc.asyncProperty(
    fc.uniqueArray(store, { maxLength: 4, selector: ({ offset }) => offset }),
    fc.array(persist, { maxLength: 2 }),
    async (stores, persists) => {
      const steps: Step[] = [...stores.slice(0, 2), ...persists, ...stores.slice(2)];
      const images = await simulate({ granularity: 'cache-line', trace: 'exact' }, steps, storeInPieces);
      const mixtures = await simulate({ granularity: 'emulated' }, steps, storeInPieces);
      for (const image of images) assert(mixtures.has(image), `not among the mixtures: ${image}`);
      if (images.size < mixtures.size) fewer++;
    },
  );
  await fc.assert(property, { numRuns: count, seed });
  assert(fewer > count / 2, `fewer images in ${fewer} of ${count}`);
}

async function main([program, count = '', seed = '', tier = '{}']: readonly string[]): Promise<void> {
  if (program === 'order') order(Number(count));
  else if (program === 'replay') replay(Number(count), Number(seed));
  else if (program === 'legal') await legal(Number(count), Number(seed), JSON.parse(tier) as Tier);
  else if (program === 'contained') await contained(Number(count), Number(seed));
  else throw new Error(`no program ${program}`);
  console.log('done');
}

void main(process.argv.slice(2));
