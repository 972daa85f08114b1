import fc from 'fast-check';
import { CrashSimulator } from '../../lib/testing/index.js';
import { describeImage } from './brute-force.js';
import { SIZE, WORDS, type Range, type Step, type Tier } from './steps.js';

const MOST_WORDS = 6;

/** Stores a word of a view: whole, or in pieces. */
export type Store = (memory: Buffer, offset: number, value: bigint) => void;

export const storeWhole: Store = (memory, offset, value) =>
  Atomics.store(new BigUint64Array(memory.buffer, memory.byteOffset, memory.length / 8), offset / 8, value);
export const storeInPieces: Store = (memory, offset, value) => memory.writeBigUInt64LE(value, offset);

const word = fc.constantFrom(...WORDS);
const value = fc.constantFrom(1n, 2n, 0x0300_0000_0000_0003n);
const range: fc.Arbitrary<Range> = fc.oneof(
  word.map((offset): Range => [offset, 8]),
  fc.constantFrom<Range>([0, 16], [60, 8], [600, 1], [1024, 8], [4000, 200], [0, SIZE]),
);

const store = fc.record({ call: fc.constant('store'), offset: word, value }) as fc.Arbitrary<Step>;
const persists: fc.Arbitrary<Step>[] = [
  fc.record({ call: fc.constant('persist' as const), range }),
  fc.record({ call: fc.constant('persistRanges' as const), ranges: fc.array(range, { minLength: 1, maxLength: 3 }) }),
  fc.record({ call: fc.constant('persistWord' as const), offset: word, value }),
  fc.record({
    call: fc.constant('write' as const),
    offset: fc.constantFrom(0, 56),
    values: fc.array(value, { minLength: 1, maxLength: 2 }),
    drain: fc.boolean(),
  }),
];
/** After an error the state of all its ranges is unknown: not in traces that fail. */
const PERSIST_RANGES = 1;
const others: fc.Arbitrary<Step>[] = [
  fc.record({ call: fc.constant('flush' as const), range }),
  fc.record({ call: fc.constantFrom('drain' as const, 'ack' as const) }),
];

function wordsOf(step: Step): number {
  if (step.call === 'write') return step.values.length;
  if (step.call === 'fill') return step.length / 8;
  if (step.call === 'persistAsync') return step.during.reduce((sum, inner) => sum + wordsOf(inner), 0);
  return step.call === 'store' || step.call === 'persistWord' ? 1 : 0;
}

/** Leaves out the stores after the sixth word. */
function shorten(steps: readonly Step[]): Step[] {
  let words = 0;
  return steps.filter((step) => (words += wordsOf(step)) <= MOST_WORDS || wordsOf(step) === 0);
}

/** Each value is stored once: a store of the same value is not seen by comparison, and the kernel sees it. */
function makeDistinct(steps: readonly Step[]): Step[] {
  let next = 1n;
  return steps.map((step) => {
    if (step.call === 'store' || step.call === 'persistWord') return { ...step, value: next++ };
    return step.call === 'write' ? { ...step, values: step.values.map(() => next++) } : step;
  });
}

/** Random traces of at most six words. */
export function traces(tier: Tier): fc.Arbitrary<Step[]> {
  const fill = fc.record({
    call: fc.constant('fill' as const),
    offset: fc.constantFrom(0, 56),
    length: fc.constantFrom(8, 16),
    byte: fc.constantFrom(1, 2),
  });
  const during = fc.array(fc.oneof(store, ...persists, ...others), { maxLength: 3 });
  const asynchronous = fc.record({ call: fc.constant('persistAsync' as const), range, during });
  const bytewise = tier.granularity === 'emulated';
  const step = fc.oneof(
    { weight: 5, arbitrary: store },
    ...[...persists, ...others, ...(bytewise ? [] : [fill]), asynchronous].map((arbitrary) => ({
      weight: 1,
      arbitrary,
    })),
  );
  return fc.array(step, { minLength: 1, maxLength: 9, size: 'max' }).map(shorten);
}

/** Random traces in which persists fail. */
export function failingTraces(): fc.Arbitrary<Step[]> {
  const fail = fc.constant<Step>({ call: 'fail' });
  const step = fc.oneof(
    { weight: 4, arbitrary: store },
    { weight: 2, arbitrary: fail },
    ...[...persists.filter((_, i) => i !== PERSIST_RANGES), ...others].map((arbitrary) => ({ weight: 1, arbitrary })),
  );
  return fc.array(step, { minLength: 1, maxLength: 10, size: 'max' }).map((steps) => makeDistinct(shorten(steps)));
}

/** Runs the trace under the simulator. @returns its images, as {@link describeImage}. */
export async function simulate(
  tier: Tier,
  steps: readonly Step[],
  storeWord: Store = storeWhole,
): Promise<Set<string>> {
  const simulator = new CrashSimulator({ size: SIZE, ...tier });
  try {
    for (const step of steps) await run(simulator, step, storeWord);
    const images = new Set<string>();
    const elsewhere = Buffer.alloc(SIZE);
    for (const { acks, buffer } of simulator.images({ limit: 2 ** 20 })) {
      images.add(describeImage(acks.length, buffer));
      for (const offset of WORDS) buffer.fill(0, offset, offset + 8);
      if (!buffer.equals(elsewhere)) throw new Error('a byte differs that was never stored');
    }
    return images;
  } finally {
    simulator.close();
  }
}

/** Does one step. A persist that fails throws EIO, and the program goes on. */
export async function run(simulator: CrashSimulator, step: Step, storeWord: Store): Promise<void> {
  const { mapping } = simulator;
  switch (step.call) {
    case 'store':
      return storeWord(mapping.buffer, step.offset, step.value);
    case 'fail':
      return simulator.fail('persist');
    case 'ack':
      return simulator.ack();
    case 'drain':
      return mapping.drain();
    case 'persistAsync': {
      const end = mapping.persistAsync(...step.range);
      for (const inner of step.during) await run(simulator, inner, storeWord);
      simulator.ack();
      await end;
      return simulator.ack();
    }
    case 'write':
    case 'fill':
    case 'persistWord':
    case 'flush':
    case 'persist':
    case 'persistRanges':
      return persist(simulator, step);
  }
}

type Persist = Extract<Step, { call: 'write' | 'fill' | 'persistWord' | 'flush' | 'persist' | 'persistRanges' }>;

function persist({ mapping }: CrashSimulator, step: Persist): void {
  try {
    if (step.call === 'write') mapping.write(bytesOf(step.values), step.offset, { drain: step.drain });
    else if (step.call === 'fill') mapping.fill(step.byte, step.offset, step.length);
    else if (step.call === 'persistWord') mapping.persistWord(step.offset, step.value);
    else if (step.call === 'flush') mapping.flush(...step.range);
    else if (step.call === 'persist') mapping.persist(...step.range);
    else mapping.persistRanges(step.ranges);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
  }
}

function bytesOf(values: readonly bigint[]): Buffer {
  return Buffer.from(BigUint64Array.from(values).buffer);
}
