// One way of storing and flushing, chosen by the environment: random stores of any offset, length, alignment and source
// leave exactly the right bytes and untouched neighbours. Arguments: PATH SEED ROUNDS EXPECTED (JSON).
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { loadAddon } from '../../../lib/backend/native/load.js';
import { constants, map, mmap, type Mapping } from '../../../lib/index.js';
import { Random } from '../../support/random.js';

const { PAGE_SIZE, PROT_READ, PROT_WRITE, MAP_SHARED } = constants;
const [path = '', seedText = '', roundsText = '', expectedText = '{}'] = process.argv.slice(2);
const seed = Number(seedText);
const expected = JSON.parse(expectedText) as { method: string; width?: number; noWidth?: number; large?: boolean };
const random = new Random(seed);

const LENGTH = 64 * PAGE_SIZE;
const LONGEST = 70_000;
const LARGE = 26 * 2 ** 20;
const FETCHED = 24 * 2 ** 20; // from here on the source is fetched ahead (arch/x86_64/stores.cc)

/** A mapping whose last page ends with the file: touching one byte more is SIGBUS. */
function guarded(length: number, name: string): Mapping {
  const file = `${path}-${name}`;
  writeFileSync(file, '');
  truncateSync(file, length);
  const fd = openSync(file, 'r+');
  try {
    return mmap(length + PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  } finally {
    closeSync(fd);
  }
}

/** Cheap random bytes, none of them 0. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(length / 4));
  for (let i = 0, state = random.below(2 ** 32); i < words.length; i++)
    words[i] = (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) | 0x01010101;
  return bytes;
}

function anyOffset(): number {
  const near = random.of([
    0,
    random.below(LENGTH / PAGE_SIZE) * PAGE_SIZE,
    random.below(LENGTH / 64) * 64,
    random.below(LENGTH / 8) * 8,
    random.below(LENGTH),
  ]);
  return Math.min(LENGTH, Math.max(0, near + random.of([0, 0, 0, 1, -1, 3, 7, 8, 15, 16, 31, 63, -8, -64])));
}

function anyLength(most: number): number {
  const nearLines = 64 * random.below(11) + random.below(32) - 16;
  const few = [
    0,
    1,
    8,
    random.below(17),
    random.below(130),
    random.below(600),
    nearLines,
    nearLines,
    nearLines,
    511 + random.below(3),
  ];
  const many = [4095 + random.below(3), random.below(9000), random.below(LONGEST), most];
  return Math.min(most, LONGEST, Math.max(0, random.of([...few, ...many])));
}

type Kind = readonly [unit: number, make: (memory: ArrayBufferLike, offset: number, count: number) => ArrayBufferView];
const kinds: readonly Kind[] = [
  [1, (memory, offset, count) => Buffer.from(memory as ArrayBuffer, offset, count)],
  [1, (memory, offset, count) => new Uint8Array(memory, offset, count)],
  [1, (memory, offset, count) => new Int8Array(memory, offset, count)],
  [1, (memory, offset, count) => new Uint8ClampedArray(memory, offset, count)],
  [1, (memory, offset, count) => new DataView(memory, offset, count)],
  [2, (memory, offset, count) => new Int16Array(memory, offset, count)],
  [2, (memory, offset, count) => new Uint16Array(memory, offset, count)],
  [4, (memory, offset, count) => new Int32Array(memory, offset, count)],
  [4, (memory, offset, count) => new Uint32Array(memory, offset, count)],
  [4, (memory, offset, count) => new Float32Array(memory, offset, count)],
  [8, (memory, offset, count) => new Float64Array(memory, offset, count)],
  [8, (memory, offset, count) => new BigInt64Array(memory, offset, count)],
  [8, (memory, offset, count) => new BigUint64Array(memory, offset, count)],
];

const target = guarded(LENGTH, 'target');
const right = noise(LENGTH);
target.view(0, LENGTH).set(right);

/** Memory to copy from: the heap, memory shared between threads, another mapping up to its very end. */
const origins = [
  new ArrayBuffer(LENGTH),
  new SharedArrayBuffer(LENGTH),
  guarded(LENGTH, 'source').arrayBuffer(0, LENGTH),
];
const originals = origins.map((memory) => {
  const bytes = noise(LENGTH);
  new Uint8Array(memory).set(bytes);
  return bytes;
});

/** A part of `memory` of `length` bytes, nearly; often the very last one. */
function anySource(memory: ArrayBufferLike, length: number): ArrayBufferView {
  const [unit, make] = random.of(kinds);
  const bytes = length - (length % unit);
  const last = LENGTH - bytes;
  const at = random.of([last, random.below(last + 1), Math.min(last, 64 * random.below(8) + random.below(64))]);
  return make(memory, at - (at % unit), bytes / unit);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(new Uint8Array(buffer, byteOffset, byteLength)); // a copy
}

/** Something that changes bytes, and the flush that belongs to it, in words. */
type Step = () => string | Promise<string>;

function write(source: ArrayBufferView, offset: number): string {
  bytesOf(source).copy(right, offset);
  const drain = random.of([undefined, true, false]);
  target.write(source, offset, drain === undefined ? undefined : { drain });
  if (drain === false) target.drain();
  return `write ${source.constructor.name} at ${source.byteOffset} of ${source.byteLength} bytes to ${offset}, drain ${drain}`;
}

function storeAt(offset: number, length: number): void {
  if (length === 0) return;
  const bytes = random.bytes(Math.min(length, 100));
  target.view(offset, bytes.length).set(bytes);
  bytes.copy(right, offset);
}

const steps: readonly Step[] = [
  () => {
    const offset = anyOffset();
    return write(anySource(random.of(origins), anyLength(LENGTH - offset)), offset);
  },
  () => {
    const offset = anyOffset();
    const length = anyLength(LENGTH - offset);
    const from = Math.max(
      0,
      Math.min(LENGTH - length, offset + random.of([0, 1, -1, 8, -8, 64, -64, 700, -700, random.below(LENGTH)])),
    );
    return `overlapping: ${write(length === 0 ? Buffer.alloc(0) : target.view(from, length), offset)}`;
  },
  () => {
    const [offset, value] = [anyOffset(), random.below(256)];
    const length = anyLength(LENGTH - offset);
    right.fill(value, offset, offset + length);
    target.fill(value, offset, length);
    return `fill ${value} at ${offset}, ${length} bytes`;
  },
  async () => {
    const offset = anyOffset();
    const length = anyLength(LENGTH - offset);
    storeAt(offset, length);
    const how = random.of(['persist', 'flush', 'persistAsync', 'deepPersist'] as const);
    await target[how](offset, length);
    target.drain();
    return `${how} ${offset}, ${length}`;
  },
  () => {
    const pairs = Array.from({ length: random.below(9) }, (): [number, number] => {
      const offset = anyOffset();
      return [offset, anyLength(LENGTH - offset)];
    });
    for (const [offset, length] of pairs) storeAt(offset, length);
    if (random.below(2) === 0) target.persistRanges(pairs);
    else target.persistRanges(Float64Array.of(...pairs.flat(), NaN, NaN), pairs.length);
    return `persistRanges ${JSON.stringify(pairs)}`;
  },
];

function checkBytes(mapping: Mapping, bytes: Buffer, done: string): void {
  const view = mapping.view(0, bytes.length);
  if (view.equals(bytes)) return;
  const at = bytes.findIndex((byte, i) => byte !== view[i]);
  assert.fail(`seed ${seed}, ${done}: byte ${at} is ${view[at]} and should be ${bytes[at]}`);
}

/** A few long copies: the loop that fetches the source ahead, and the rest behind it. */
function large(): void {
  const into = guarded(LARGE, 'large');
  const source = noise(LARGE);
  const model = Buffer.alloc(LARGE);
  for (const length of [FETCHED - 1, FETCHED, FETCHED + 64, FETCHED + PAGE_SIZE + 1, FETCHED + random.below(2 ** 20)]) {
    const offset = random.of([0, 1, 63, 64, random.below(LARGE - length), LARGE - length]);
    const from = random.of([0, 1, 16, random.below(LARGE - length), LARGE - length]);
    source.copy(model, offset, from, from + length);
    into.write(source.subarray(from, from + length), offset);
    checkBytes(into, model, `write of ${length} bytes at ${from} to ${offset}`);
    model.fill(length & 0xff, 5, 5 + length - 64);
    into.fill(length & 0xff, 5, length - 64);
    checkBytes(into, model, `fill of ${length - 64} bytes at 5`);
  }
  into.close();
}

async function main(): Promise<void> {
  using mapping = map(`${path}-target`);
  assert.equal(mapping.durability.method, expected.method);
  assert.equal(mapping.durability.forced, true);
  const loaded = loadAddon();
  assert.ok('addon' in loaded);
  if (expected.noWidth !== undefined)
    assert.ok(loaded.addon.chooseStores(expected.noWidth) < 0, `${expected.noWidth}-byte stores are there`);
  if (expected.width !== undefined) assert.equal(loaded.addon.chooseStores(expected.width), 0);
  for (let round = 0; round < Number(roundsText); round++)
    checkBytes(target, right, `round ${round}: ${await random.of(steps)()}`);
  for (const [i, memory] of origins.entries())
    assert.ok(originals[i]?.equals(new Uint8Array(memory)), `seed ${seed}: a source was changed`);
  assert.ok(readFileSync(`${path}-target`).equals(right), `seed ${seed}: the file`);
  if (expected.large === true) large();
  process.stdout.write('done\n');
}

void main();
