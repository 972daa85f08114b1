// Prints for each way to store 8 bytes, cold and hot, how many stores made a word: the table "Eight bytes" of
// docs/durability.md. {name: {cold: PIECES, hot: PIECES}}; 0: one store, over two words.
import type { Mapping } from '../../../lib/index.js';
import { CrashSimulator } from '../../../lib/testing/index.js';
import { storeLines } from '../../testing/store-lines.js';

const SIZE = 8192;
const UNALIGNED = 4;
/** Enough for the optimizing compiler. */
const HOT = 100_000;

/** The views of a memory. The optimized code sees those of a real one, which costs nothing, and is the same code. */
interface Views {
  readonly buffer: Buffer;
  readonly words: BigUint64Array;
  readonly floats: Float64Array;
  readonly view: DataView;
  /** From a place that is no multiple of 8. */
  readonly unaligned: BigUint64Array;
}

function viewsOf(all: ArrayBuffer, part: ArrayBuffer): Views {
  return {
    buffer: Buffer.from(all),
    words: new BigUint64Array(all),
    floats: new Float64Array(all),
    view: new DataView(all),
    unaligned: new BigUint64Array(part, 0, 8),
  };
}

const source = Buffer.alloc(64);
const large = new BigUint64Array(512);
const sourceWords = new BigUint64Array(source.buffer, source.byteOffset, 8);

/** `value` and `float` differ from what is there in each of their eight bytes. `word`: where. */
type Form = (views: Views, word: number, value: bigint, float: number) => unknown;

const FORMS: Readonly<Record<string, Form>> = {
  'Atomics.store()': ({ words }, word, value) => Atomics.store(words, word, value),
  'array[i] = 1n': ({ words }, word, value) => (words[word] = value),
  'float64array[i]': ({ floats }, word, _value, float) => (floats[word] = float),
  'DataView.setBigUint64()': ({ view }, word, value) => view.setBigUint64(8 * word, value, true),
  'DataView.setFloat64()': ({ view }, word, _value, float) => view.setFloat64(8 * word, float, true),
  'TypedArray.set()': ({ words }, word, value) => words.set(sourceWords.fill(value), word),
  'TypedArray.set() of 4 KiB': ({ words }, word, value) => words.set(large.fill(value), word),
  'Buffer.copy()': ({ buffer }, word, value) => (sourceWords.fill(value), source.copy(buffer, 8 * word, 0, 64)),
  'writeBigUInt64LE()': ({ buffer }, word, value) => buffer.writeBigUInt64LE(value, 8 * word),
  'writeDoubleLE()': ({ buffer }, word, _value, float) => buffer.writeDoubleLE(float, 8 * word),
  unaligned: ({ unaligned }, word, value) => (unaligned[word % 8] = value),
};

const CALLS: Readonly<Record<string, (mapping: Mapping, word: number, value: bigint) => unknown>> = {
  'write()': (mapping, word, value) =>
    mapping.write(Buffer.from(BigUint64Array.of(value, value, value).buffer), 8 * word),
  'write() of a large range': (mapping, _word, value) =>
    mapping.write(Buffer.from(new BigUint64Array(512).fill(value).buffer), 0),
  'fill()': (mapping, word, value) => mapping.fill(Number(value & 0xffn), 8 * word, 24),
  'persistWord()': (mapping, word, value) => mapping.persistWord(8 * word, value),
};

/** The largest number of stores that the trace has of one word, and forgets the trace. */
function pieces(simulator: CrashSimulator): number {
  const counts = new Map<number, number>();
  let crosses = false;
  for (const { offset, length } of storeLines(simulator.storeLog())) {
    const word = Math.floor(offset / 8);
    counts.set(word, (counts.get(word) ?? 0) + 1);
    crosses ||= length < 8 && offset % 8 === UNALIGNED;
  }
  simulator.settle();
  const most = Math.max(...counts.values());
  return crosses && most === 1 ? 0 : most;
}

function main(): void {
  using simulator = new CrashSimulator({ size: SIZE, granularity: 'cache-line', trace: 'exact' });
  const { mapping } = simulator;
  const traced = viewsOf(mapping.arrayBuffer(0, SIZE), mapping.arrayBuffer(UNALIGNED, 64));
  const plain = viewsOf(new ArrayBuffer(SIZE), new ArrayBuffer(64));
  const result: Record<string, { cold: number; hot: number }> = {};
  const bits = new DataView(new ArrayBuffer(8));
  let turn = 0;
  const next = (): [bigint, number] => {
    const value = 0x0101_0101_0101_0101n * BigInt(1 + (turn++ % 2));
    bits.setBigUint64(0, value);
    return [value, bits.getFloat64(0)];
  };
  for (const [name, store] of Object.entries(FORMS)) {
    store(traced, 8, ...next());
    const cold = pieces(simulator);
    for (let i = 0; i < HOT; i++) store(plain, 8 + (i % 8), ...next());
    if (turn % 2 === 0) next(); // not the value that is there
    store(traced, 8, ...next());
    result[name] = { cold, hot: pieces(simulator) };
  }
  for (const [name, call] of Object.entries(CALLS)) {
    call(mapping, 8, next()[0]);
    const cold = pieces(simulator);
    for (let i = 0; i < 100; i++) call(mapping, 8, next()[0]);
    simulator.settle();
    call(mapping, 8, next()[0]);
    result[name] = { cold, hot: pieces(simulator) };
  }
  console.log(JSON.stringify(result));
}

main();
