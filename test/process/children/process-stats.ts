// stats({ process: true }): the threads of the process in one call, also those that have ended.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { map, stats } from '../../../lib/index.js';

const path = isMainThread ? (process.argv[2] ?? '') : (workerData as string);

function inWorker(): void {
  const kept = [map(path), map(path, { access: 'read' }), map(path, { backend: 'emulated' })];
  kept[2]?.persist(); // the emulation counts on every file system
  setInterval(() => kept.length, 1000);
  parentPort?.postMessage('mapped');
}

async function main(): Promise<void> {
  assert.equal(stats({ process: true }).mappings, 0);
  const mapping = map(path);
  const { length } = mapping;
  const workers = [new Worker(__filename, { workerData: path }), new Worker(__filename, { workerData: path })];
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const own = stats();
  assert.deepEqual([own.mappings, own.bytes, own.flushes.count], [1, length, 0]);
  const all = stats({ process: true });
  assert.deepEqual([all.mappings, all.bytes, all.flushes.count], [7, 7 * length, 2]);
  assert.ok(all.flushes.longest > 0 && all.flushes.longest <= all.flushes.milliseconds);
  await Promise.all(workers.map((worker) => worker.terminate()));
  const after = stats({ process: true });
  assert.deepEqual([after.mappings, after.bytes], [1, length]);
  assert.deepEqual(after.flushes, all.flushes); // what has happened stays
  const next = new Worker(__filename, { workerData: path });
  await once(next, 'message');
  const more = stats({ process: true });
  assert.deepEqual([more.mappings, more.flushes.count], [4, 3]); // its counts began with zero
  await next.terminate();
  mapping.close();
  process.stdout.write('done\n');
}

if (isMainThread) void main();
else inWorker();
