// The process ends at a random moment of an asynchronous call, which this thread and a worker make again and again.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import * as md from '../../../lib/index.js';
import { asyncCalls } from '../../support/async-calls.js';

const MOST_DELAY = 10;

interface Task {
  readonly path: string;
  readonly call: string;
}

async function makeCalls({ path, call }: Task, own: string): Promise<void> {
  for (let turn = 0; ; turn++) {
    await asyncCalls[call]?.(md, { path, own });
    if (turn === 0) parentPort?.postMessage('called');
    await new Promise(setImmediate);
  }
}

async function main(): Promise<void> {
  const [path = '', call = '', how] = process.argv.slice(2);
  const task: Task = { path, call };
  await once(new Worker(__filename, { workerData: task }), 'message');
  for (const lane of [1, 2]) void makeCalls(task, `${path}.${lane}`);
  process.stdout.write('done\n');
  setTimeout(() => {
    if (how === 'exit') process.exit(3);
    throw new Error('nobody catches this');
  }, Math.random() * MOST_DELAY);
}

if (isMainThread) void main();
else void makeCalls(workerData as Task, `${(workerData as Task).path}.worker`);
