// A worker thread ends with live and pinned mappings and running flushes: nothing of them stays in the process.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { anonymous, map } from '../../../lib/index.js';
import { descriptors, eventually, nothingLeftOf, ranges } from './inspect.js';

interface Task {
  readonly path: string;
  readonly how: string;
}

const kept: unknown[] = [];

function work({ path, how }: Task): void {
  const mappings = [
    map(path),
    map(path, { access: 'read' }),
    map(path, { access: 'copy' }),
    anonymous(65536, { name: 'worker-end' }),
  ];
  for (const mapping of mappings) mapping.buffer.fill(7);
  const pin = mappings[0]?.pin();
  const flushes = [1, 2, 3, 4].map(() => mappings[0]?.persistAsync());
  for (const flush of flushes) flush?.catch(() => undefined);
  kept.push(mappings, pin, parentPort);
  parentPort?.postMessage('mapped');
  if (how === 'terminate') setInterval(() => undefined, 1000);
  if (how === 'terminate-busy') for (;;) mappings[0]?.buffer.fill(9);
  if (how === 'exit') process.exit(0);
  if (how === 'throw') throw new Error('the worker fails');
}

async function main(): Promise<void> {
  const [path = '', how = ''] = process.argv.slice(2);
  const task: Task = { path, how };
  const before = descriptors().length;
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(__filename, { workerData: task });
    const failed: unknown[] = [];
    worker.on('error', (error) => failed.push(error));
    const exited = once(worker, 'exit').catch(() => undefined);
    await new Promise((resolve) => worker.once('message', resolve));
    if (how.startsWith('terminate')) await worker.terminate();
    await exited;
    assert.equal(failed.length, how === 'throw' ? 1 : 0);
    await nothingLeftOf(path);
    await nothingLeftOf('worker-end');
    await eventually('no address range is held', () => ranges() === 0);
  }
  await eventually(`as many descriptors as before: ${before}`, () => descriptors().length <= before);
  process.stdout.write('done\n');
}

if (isMainThread) void main();
else work(workerData as Task);
