// Loads of recovery, under trace: 'exact', in a process of their own: a fault of the tracer ends it. Arguments: the
// program, and its numbers.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { selectBackend } from '../../../lib/backend/select.js';
import type { Mapping } from '../../../lib/index.js';
import { CrashSimulator, type CheckOptions } from '../../../lib/testing/index.js';
import { hashOf, randomOf } from '../../../lib/testing/random.js';
import type { Reads } from '../../../lib/testing/read-log.js';
import { SimulatedMemory } from '../../../lib/testing/simulated-memory.js';
import { loadTracer } from '../../../lib/testing/tracer.js';
import { SIZE, WORDS, type Step, type Tier } from '../../testing/steps.js';
import { run, storeInPieces, storeWhole, traces } from '../../testing/traces.js';

const LONGEST = 200;
/** A load of a vector reads at most so many bytes more than it is asked for. */
const VECTOR = 64;

interface Views {
  readonly buffer: Buffer;
  readonly words: BigUint64Array;
  readonly view: DataView;
}
/** A way to load: it loads `length` bytes, and if it is `plain` no other one. */
interface Form {
  readonly length: number;
  readonly plain: boolean;
  load(views: Views, at: number): unknown;
}

const plain = (length: number, load: Form['load']): Form => ({ length, plain: true, load });
const wide = (length: number, load: Form['load']): Form => ({ length, plain: false, load });

const FORMS: readonly Form[] = [
  plain(1, ({ buffer }, at) => buffer[at]),
  plain(8, ({ buffer }, at) => buffer.readBigUInt64LE(at)),
  plain(4, ({ buffer }, at) => buffer.readUInt32BE(at)),
  plain(8, ({ buffer }, at) => buffer.readDoubleLE(at)),
  plain(8, ({ view }, at) => view.getBigUint64(at, true)),
  plain(2, ({ view }, at) => view.getInt16(at)),
  plain(8, ({ view }, at) => view.getFloat64(at)),
  wide(LONGEST, ({ buffer }, at) => buffer.toString('latin1', at, at + LONGEST)),
  wide(LONGEST, ({ buffer }, at) => buffer.toString('utf8', at, at + LONGEST)),
  wide(LONGEST, ({ buffer }, at) => Buffer.from(buffer.subarray(at, at + LONGEST))),
  wide(LONGEST, ({ buffer }, at) => buffer.subarray(at, at + LONGEST).equals(Buffer.alloc(LONGEST))),
  wide(LONGEST, ({ buffer }, at) => buffer.subarray(at, at + LONGEST).indexOf(1)),
  wide(LONGEST, ({ buffer }, at) => buffer.subarray(at, at + LONGEST).reduce((sum, byte) => sum + byte, 0)),
  wide(LONGEST, ({ buffer }, at) =>
    createHash('sha256')
      .update(buffer.subarray(at, at + LONGEST))
      .digest(),
  ),
];

function wordsOf(start: number, end: number): number[] {
  const first = Math.floor(start / 8);
  return Array.from({ length: Math.ceil(end / 8) - first }, (_, index) => first + index);
}

/** The words that `task` reads. */
function readsOf(memory: SimulatedMemory, task: () => unknown): Reads {
  memory.recorder.look('before');
  memory.takeReads();
  task();
  memory.recorder.look('after');
  return memory.takeReads();
}

/** Each form, at random places, cold and hot: its words are seen, and of plain forms no other one. */
function loads(count: number, seed: number): void {
  const backend = selectBackend('native');
  const memory = new SimulatedMemory(backend, 'page', SIZE, loadTracer(backend), /*hasLoads=*/ true);
  const { buffer } = memory.map();
  const words = new BigUint64Array(buffer.buffer, buffer.byteOffset, SIZE / 8);
  const views = { buffer, words, view: new DataView(buffer.buffer, buffer.byteOffset, SIZE) };
  const random = randomOf(seed);
  for (let round = 0; round < count; round++) {
    for (const [number, { length, plain: isPlain, load }] of FORMS.entries()) {
      const at = random() % 3 === 0 ? SIZE / 2 - (random() % length) : random() % (SIZE - length);
      const reads = readsOf(memory, () => load(views, at));
      const wanted = wordsOf(at, at + length);
      const text = `form ${number} at ${at}: ${[...reads.words].join()}`;
      if (isPlain) assert.deepEqual([...reads.words].sort(byNumber), wanted, text);
      if (isPlain) assert.deepEqual([...reads.sure].sort(byNumber), wanted, text);
      assert(
        wanted.every((word) => reads.words.has(word)),
        text,
      );
      const near = new Set(wordsOf(Math.max(0, at - VECTOR), at + length + VECTOR));
      assert(
        [...reads.words].every((word) => near.has(word)),
        text,
      );
    }
    const at = random() % words.length;
    const atomic = readsOf(memory, () => Atomics.load(words, at));
    assert.deepEqual([...atomic.sure], [at]);
  }
  // What was stored before is the recovery's own; of a word in part, the rest is not.
  assert.deepEqual([...readsOf(memory, () => ((words[9] = 5n), words[9])).words], []);
  assert.deepEqual([...readsOf(memory, () => ((buffer[80] = 5), words[10])).words], [10]);
  // A swap reads, and its value may be unused.
  const swap = readsOf(memory, () => Atomics.exchange(words, 11, 1n));
  assert.deepEqual([[...swap.words], [...swap.sure]], [[11], []]);
  memory.close();
}

const byNumber = (a: number, b: number): number => a - b;

/** A recovery as the seed decides: what it reads, and what it stores, depends on the words that it has read. */
function recoveryOf(seed: number): (mapping: Mapping) => number {
  return (mapping) => {
    const { buffer } = mapping;
    const words = new BigUint64Array(buffer.buffer, buffer.byteOffset, SIZE / 8);
    let state = seed;
    for (let step = 0; step < 5; step++) {
      const place = WORDS[(state >>> 4) % WORDS.length] as number;
      const value = Number((words[place / 8] as bigint) & 0xffn);
      state = hashOf(step, state, value)[0] >>> 0;
      const target = WORDS[(state >>> 8) % WORDS.length] as number;
      if (state % 7 === 0) words[target / 8] = BigInt(state % 4);
      if (state % 7 === 1) mapping.persistWord(target, state % 4);
      if (state % 7 === 2) mapping.persist(0, 4096);
      if (state % 5 === 0) break;
    }
    return state;
  };
}

/** The states of all recoveries of a check, each with its acknowledgements; and whether it was right. */
async function statesOf(
  simulator: CrashSimulator,
  seed: number,
  options: CheckOptions,
  refuse: number,
): Promise<{ states: string[]; images: number; exhaustive: boolean; right: boolean }> {
  const states = new Set<string>();
  const { failures, images, exhaustive } = await simulator.check(
    recoveryOf(seed),
    (state, acks) => {
      states.add(`${acks.length}: ${state}`);
      return refuse === 0 || state % refuse !== 0;
    },
    { ...options, limit: 2 ** 16, timeout: 30_000 },
  );
  return { states: [...states].sort(), images, exhaustive, right: failures.length === 0 };
}

/** For random programs and random recoveries the states and the verdict are those of a check of each content. */
async function differential(count: number, seed: number, tier: Tier): Promise<void> {
  let fewer = 0;
  let wrong = 0;
  const property = async (steps: readonly Step[], recovery: number, depth: number, pieces: boolean): Promise<void> => {
    using simulator = new CrashSimulator({ size: SIZE, ...tier, trace: 'exact' });
    for (const step of steps) await run(simulator, step, pieces ? storeInPieces : storeWhole);
    const contents = await statesOf(simulator, recovery, { depth }, 0);
    const reads = await statesOf(simulator, recovery, { depth, reads: true }, 0);
    assert.deepEqual(reads.states, contents.states);
    assert(contents.exhaustive && reads.exhaustive);
    if (reads.images < contents.images) fewer++;
    const found = await statesOf(simulator, recovery, { depth, reads: true }, 7);
    assert.equal(found.right, !contents.states.some((state) => Number(state.split(' ')[1]) % 7 === 0));
    if (!found.right) wrong++;
  };
  const recovery = fc.nat(2 ** 31);
  const asynchronous = fc.asyncProperty(traces(tier), recovery, fc.integer({ min: 0, max: 2 }), fc.boolean(), property);
  await fc.assert(asynchronous, { numRuns: count, seed });
  // With more levels a content may run again whose own crashes are being tried.
  assert(fewer > 0, `fewer images in ${fewer} of ${count}`);
  assert(wrong > count / 20 && wrong < count, `wrong: ${wrong} of ${count}`);
}

/** Calls of a recovery that use the memory in the kernel. */
async function kernel(): Promise<void> {
  using simulator = new CrashSimulator({ size: SIZE, trace: 'exact' });
  simulator.mapping.persistWord(0, 1);
  const path = join(tmpdir(), `mapdirect-exact-reads-${process.pid}`);
  const report = await simulator.check(
    async (mapping) => {
      mapping.lock();
      mapping.populate();
      await Promise.resolve();
      const fd = openSync(path, 'w');
      assert.throws(() => writeSync(fd, mapping.buffer, 0, 8), { code: 'EFAULT' });
      assert.equal(writeSync(fd, Buffer.from(mapping.view(0, 8))), 8);
      closeSync(fd);
      const second = mapping.buffer.readBigUInt64LE(0);
      mapping.resize(2 * SIZE);
      mapping.buffer[SIZE] = 1;
      return [second, mapping.buffer[SIZE]];
    },
    ([first, last]) => Number(first) <= 1 && last === 1,
    { reads: true },
  );
  rmSync(path);
  assert.deepEqual(report.failures, []);
  assert(report.exhaustive);
  assert.equal(simulator.mapping.buffer[0], 1); // and the memory of the program is as ever
}

async function main([program, count = '', seed = '', tier = '{}']: readonly string[]): Promise<void> {
  if (program === 'loads') loads(Number(count), Number(seed));
  else if (program === 'differential') await differential(Number(count), Number(seed), JSON.parse(tier) as Tier);
  else if (program === 'kernel') await kernel();
  else throw new Error(`no program ${program}`);
  console.log('done');
}

void main(process.argv.slice(2));
