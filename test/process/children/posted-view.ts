// A small view in a message: the runtime copies the whole ArrayBuffer behind it. Elsewhere in the file a part was
// truncated away, and touching that would be SIGBUS.
import assert from 'node:assert/strict';
import { statSync, truncateSync } from 'node:fs';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { map } from '../../../lib/index.js';

const [path = ''] = process.argv.slice(2);
const MIB = 2 ** 20;
const WHERE = [0, 5 * MIB - 8, 9 * MIB + 12345];
const mapping = map(path);
truncateSync(path, 16 * MIB);
const before = statSync(path).blocks;

const ways: Record<string, (view: Buffer) => Uint8Array> = {
  structuredClone: (view) => structuredClone(view),
  MessagePort: (view) => {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(view);
    const got = (receiveMessageOnPort(port2) as { message: Uint8Array }).message;
    port1.close();
    return got;
  },
};
for (const way of Object.values(ways)) {
  for (const offset of WHERE) {
    const view = mapping.view(offset, 16);
    view[0] = 0x5a;
    const copy = way(view);
    assert.deepEqual([...copy], [...view]);
    assert.ok(copy.buffer.byteLength <= MIB, `${copy.buffer.byteLength} bytes were copied`);
  }
}
const worker = new Worker('require("node:worker_threads").parentPort.on("message", () => process.exit(0))', {
  eval: true,
  workerData: mapping.view(0, 16),
});
worker.postMessage(mapping.view(0, 16));
worker.once('exit', () => {
  // Only the copied bytes may have become memory or blocks: on tmpfs a read of a hole allocates it.
  assert.ok((statSync(path).blocks - before) * 512 <= WHERE.length * MIB);
  mapping.close();
  process.stdout.write('done\n');
});
