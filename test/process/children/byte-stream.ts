// A byte stream takes the ArrayBuffer of a view away: the other views in it have length 0, new ones are good.
import assert from 'node:assert/strict';
import { map } from '../../../lib/index.js';

const [path = '', how = ''] = process.argv.slice(2);
const mapping = map(path);
const given = mapping.view(0, 64);
const beside = mapping.view(64, 64);
const far = mapping.view(5 * 2 ** 20, 64);
const own = new Uint8Array(mapping.arrayBuffer(0, 64));

async function enqueue(bytes: Uint8Array): Promise<void> {
  const stream = new ReadableStream({
    type: 'bytes',
    start: (controller) => (controller.enqueue(bytes), controller.close()),
  });
  await stream.getReader().read();
}
async function byob(bytes: Uint8Array): Promise<void> {
  const stream = new ReadableStream({ type: 'bytes', pull: (controller) => controller.enqueue(Buffer.alloc(8)) });
  await stream.getReader({ mode: 'byob' }).read(bytes);
}
const ways: Record<string, (bytes: Uint8Array) => Promise<void>> = { enqueue, byob };

async function main(): Promise<void> {
  await ways[how]?.(given);
  // The one in another window stays, and so does an ArrayBuffer of its own.
  assert.deepEqual([given.length, beside.length, far.length, own.length], [0, 0, 64, 64]);
  assert.equal(mapping.view(64, 64).length, 64);
  // The remedy: a copy belongs to the stream alone.
  await ways[how]?.(own);
  assert.deepEqual([mapping.view(0, 64).length, far.length, own.length], [64, 64, 0]);
  mapping.close();
  process.stdout.write('done\n');
}
void main();
