import type { Mapping } from '../../lib/index.js';
import { randomOf } from '../../lib/testing/random.js';

/** Bytes of the memory of a program: two pages, so that stores cross the end of one. */
export const PROGRAM_SIZE = 8192;
const LONGEST = 100;

type Random = (below: number) => number;
interface Memory {
  readonly mapping: Mapping;
  readonly buffer: Buffer;
  readonly words: BigUint64Array;
  readonly view: DataView;
}
type Action = (memory: Memory, at: number, random: Random) => unknown;

function bytes(length: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}

function word(random: Random): bigint {
  return bytes(8, random).readBigUInt64LE();
}

/** Every way to store into a view that ends in other machine code. `at` is any place, LONGEST from the end. */
const ACTIONS: readonly Action[] = [
  ({ buffer }, at, random) => (buffer[at] = random(256)),
  ({ words }, at, random) => (words[at >>> 3] = word(random)),
  ({ words }, at, random) => Atomics.store(words, at >>> 3, word(random)),
  ({ words }, at, random) => Atomics.add(words, at >>> 3, word(random)),
  ({ words }, at, random) => Atomics.exchange(words, at >>> 3, word(random)),
  ({ words }, at, random) => Atomics.compareExchange(words, at >>> 3, words[at >>> 3] as bigint, word(random)),
  ({ words }, at, random) => Atomics.compareExchange(words, at >>> 3, 1n, word(random)),
  ({ view }, at, random) => view.setBigUint64(at, word(random), true),
  ({ view }, at, random) => view.setFloat64(at, random(2 ** 30) / 3),
  ({ view }, at, random) => view.setInt32(at, random(2 ** 31), true),
  ({ buffer }, at, random) => buffer.writeBigUInt64LE(word(random), at),
  ({ buffer }, at, random) => buffer.writeDoubleLE(random(2 ** 30) / 7, at),
  ({ buffer }, at, random) => buffer.writeUInt32BE(random(2 ** 31), at),
  ({ buffer }, at, random) => buffer.write('x'.repeat(random(LONGEST)), at),
  ({ buffer }, at, random) => buffer.write('äö', at, 'utf16le') + random(2),
  ({ buffer }, at, random) => buffer.fill(random(256), at, at + random(LONGEST)),
  ({ buffer }, at, random) => buffer.set(bytes(random(LONGEST), random), at),
  ({ buffer }, at, random) => bytes(random(LONGEST), random).copy(buffer, at),
  ({ buffer }, at, random) => buffer.copyWithin(at, random(PROGRAM_SIZE - LONGEST), random(PROGRAM_SIZE)) && undefined,
  ({ buffer }, at) => buffer.subarray(at, at + 16).swap64(),
  ({ buffer }, at) => buffer.subarray(at, at + LONGEST).reverse(),
  ({ buffer }, at) => buffer.subarray(at, at + 32).sort(),
  ({ mapping }, at, random) => mapping.write(bytes(1 + random(LONGEST), random), at),
  ({ mapping }, at, random) => mapping.fill(random(256), at, 1 + random(LONGEST)),
  ({ mapping }, at, random) => mapping.persistWord(at & ~7, random(2 ** 30)),
  ({ mapping }, at) => mapping.persist(at, LONGEST),
];

/** Stores into the mapping, as the seed decides. */
export function runProgram(mapping: Mapping, seed: number): void {
  const next = randomOf(seed);
  const random: Random = (below) => next() % below;
  const { buffer } = mapping;
  const words = new BigUint64Array(buffer.buffer, buffer.byteOffset, PROGRAM_SIZE / 8);
  const view = new DataView(buffer.buffer, buffer.byteOffset, PROGRAM_SIZE);
  const nearEnd = (): number => PROGRAM_SIZE / 2 - random(LONGEST);
  for (let step = 0; step < 12; step++) {
    const at = random(3) === 0 ? nearEnd() : random(PROGRAM_SIZE - LONGEST);
    ACTIONS[random(ACTIONS.length)]?.({ mapping, buffer, words, view }, at, random);
  }
}
