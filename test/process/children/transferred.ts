// JavaScript can change the ArrayBuffer of a view without this package. A close() after that must not abort.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { MessageChannel, markAsUntransferable } from 'node:worker_threads';
import { map, Mapping } from '../../../lib/index.js';

const [path = '', how = ''] = process.argv.slice(2);
const before = readFileSync(path);
const mapping = map(path);
const memory = mapping.buffer.buffer as ArrayBuffer & { transfer?: (length?: number) => ArrayBuffer };

const ways: Record<string, () => ArrayBuffer> = {
  transfer: () => memory.transfer?.() ?? memory,
  'transfer to another length': () => memory.transfer?.(100) ?? memory,
  structuredClone: () => structuredClone(memory, { transfer: [memory] }),
  postMessage: () => {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(memory, [memory]);
    port1.close();
    port2.close();
    return new ArrayBuffer(8);
  },
  markAsUntransferable: () => {
    markAsUntransferable(memory);
    return memory;
  },
};

let taken = memory as ArrayBuffer;
try {
  taken = (ways[how] as () => ArrayBuffer)();
} catch (error) {
  process.stdout.write(`${(error as Error).name}\n`);
}
function store(value: number): void {
  if (taken.byteLength !== 0) new Uint8Array(taken).fill(value);
}

// Whatever became of that one, the mapping is still good for another view.
assert.equal(mapping.view(10, 10).length, 10);
const isStillThere = taken === memory && taken.byteLength !== 0;
assert.equal(Mapping.of(taken) !== undefined, isStillThere); // memory that was moved is not found
mapping.close();
assert.equal(mapping.closed, true);
assert.equal(Mapping.of(taken), undefined);
// The one way to keep a view's length: its content then belongs to no file.
const keepsLength = how === 'markAsUntransferable' && Number(process.versions.node.split('.')[0]) >= 24;
assert.equal(memory.byteLength !== 0, keepsLength);
store(0xee);
assert.ok(readFileSync(path).equals(before));
const again = map(path);
store(0xdd);
assert.ok(again.buffer.equals(before));
again.close();
process.stdout.write('done\n');
