// The main thread exits while two workers are inside verify(), which makes a JavaScript object at each turn.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { map } from '../../../lib/index.js';

const [path = ''] = process.argv.slice(2);

function work(file: string): void {
  const seal = map(file).seal();
  parentPort?.postMessage('busy');
  for (;;) seal.verify();
}

async function main(): Promise<void> {
  await Promise.all([1, 2].map(() => once(new Worker(__filename, { workerData: path }), 'message')));
  process.stdout.write('done\n');
  setTimeout(() => process.exit(0), Math.random() * 20);
}

if (isMainThread) void main();
else work(workerData as string);
