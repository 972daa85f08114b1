// A worker is terminated while one of its background calls waits for a lease of another process: its seals and its
// descriptors go at once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { files, map, seals } from '../../../lib/index.js';
import { descriptorsOf } from './inspect.js';

const [sealed = '', leased = '', part] = process.argv.slice(2);
const forever = (): unknown => setInterval(() => undefined, 1000);

function hold(): void {
  map(leased).seal({ policy: 'breakable', enforcement: 'lease', deadline: 20_000 });
  process.stdout.write('held\n');
  forever();
}

function work([own, other]: [string, string]): void {
  map(own).seal();
  seals.requestBreak(other).catch(() => undefined);
  forever();
  setImmediate(() => parentPort?.postMessage('asked'));
}

async function main(): Promise<void> {
  const holder = spawn(process.execPath, [__filename, sealed, leased, 'hold'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(holder.stdout, 'data');
    const worker = new Worker(__filename, { workerData: [sealed, leased] });
    await once(worker, 'message');
    assert.equal(seals.isSealed(sealed), true);
    await worker.terminate();
    assert.equal(seals.isSealed(leased), true); // so the call of the worker still waits
    assert.equal(seals.isSealed(sealed), false);
    assert.equal(descriptorsOf(sealed), 0);
    files.truncate(sealed, 10);
  } finally {
    holder.kill('SIGKILL');
  }
  process.stdout.write('done\n');
}

if (!isMainThread) work(workerData as [string, string]);
else if (part === 'hold') hold();
else void main();
