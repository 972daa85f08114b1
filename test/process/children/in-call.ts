// close() from code that a Buffer or TypedArray method calls while it works. The method may throw; nothing else
// happens.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { map, type Mapping } from '../../../lib/index.js';

const [path = '', victim = ''] = process.argv.slice(2);
const before = readFileSync(victim);

type Close = () => number;
/** A number that closes the mapping when it is asked for. */
const late = (close: Close, value = 0): number => ({ valueOf: () => (close(), value) }) as unknown as number;

const calls: Record<string, (memory: Buffer, close: Close) => unknown> = {
  'Buffer.fill(value)': (memory, close) => memory.fill(late(close, 7)),
  'Uint8Array.fill(value)': (memory, close) => Uint8Array.prototype.fill.call(memory, late(close, 7)),
  'Uint8Array.fill(, end)': (memory, close) => Uint8Array.prototype.fill.call(memory, 7, 0, late(close, 65536)),
  'Buffer.indexOf(, offset)': (memory, close) => memory.indexOf('never there', late(close)),
  'Buffer.lastIndexOf(, offset)': (memory, close) => memory.lastIndexOf(300, late(close, 65536)),
  'Uint8Array.indexOf(, from)': (memory, close) => Uint8Array.prototype.indexOf.call(memory, 300, late(close)),
  'Uint8Array.includes(, from)': (memory, close) => Uint8Array.prototype.includes.call(memory, 300, late(close)),
  'Buffer.compare': (memory, close) => memory.compare(memory, late(close), 65536),
  'Buffer.toString(, start)': (memory, close) => memory.toString('latin1', late(close), 65536),
  'Buffer.copy(, start)': (memory, close) => memory.copy(Buffer.alloc(65536), late(close)),
  'Buffer.copy into it': (memory, close) => Buffer.alloc(65536, 7).copy(memory, late(close)),
  'Buffer.write(, offset)': (memory, close) => memory.write('x'.repeat(65536), late(close), 'latin1'),
  'Buffer.writeUInt32LE(value)': (memory, close) => memory.writeUInt32LE(late(close, 7), 0),
  copyWithin: (memory, close) => memory.copyWithin(late(close), 4096, 8192),
  subarray: (memory, close) => memory.subarray(late(close), 65536).fill(7),
  'Uint8Array.slice(, end)': (memory, close) => Uint8Array.prototype.slice.call(memory, 0, late(close, 65536)),
  'set() from a getter': (memory, close) => {
    memory.set({
      length: 65536,
      get 0() {
        return close();
      },
      1: 7,
      65535: 7,
    });
  },
  'DataView.setUint8(, value)': (memory, close) => new DataView(memory.buffer).setUint8(0, late(close, 7)),
  'Atomics.store(, , value)': (memory, close) => Atomics.store(new Int32Array(memory.buffer), 0, late(close, 7)),
  'index = value': (memory, close) => (memory[0] = late(close, 7)),
  'sort comparator': (memory, close) => memory.sort((a, b) => (close(), b - a)),
  'Float64Array sort comparator': (memory, close) => new Float64Array(memory.buffer).sort((a, b) => (close(), b - a)),
  forEach: (memory, close) => memory.forEach((value, at) => (close(), (memory[at] = value + 1))),
  map: (memory, close) => memory.map((value) => (close(), value + 1)),
  'for of': (memory, close) => {
    for (const value of memory) memory[value] = close();
  },
  find: (memory, close) => memory.find(() => (close(), false)),
};

function run(name: string, call: (memory: Buffer, close: Close) => unknown): void {
  const mapping = map(path);
  let others: Mapping[] = [];
  const close = (): number => {
    if (mapping.closed) return 0;
    mapping.close();
    others = Array.from({ length: 3 }, () => map(victim));
    return 0;
  };
  try {
    call(mapping.buffer, close);
  } catch (error) {
    assert.ok(error instanceof TypeError || error instanceof RangeError, `${name}: ${String(error)}`);
  }
  for (const other of others) {
    assert.ok(other.buffer.equals(before), name);
    other.close();
  }
  mapping.close();
  assert.equal(mapping.closed, true);
}

for (const [name, call] of Object.entries(calls)) for (let round = 0; round < 20; round++) run(name, call);
assert.ok(readFileSync(victim).equals(before));
process.stdout.write('done\n');
