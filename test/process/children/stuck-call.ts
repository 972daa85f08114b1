// A worker is terminated while one of its background calls waits for a lease of another process: its seals go at once,
// and so do its descriptors. A check of the seal may run meanwhile, and closes its descriptor at its own end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { files, map, seals } from '../../../lib/index.js';
import { descriptorsOf, eventually } from './inspect.js';

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
    assert.equal(seals.isSealed(sealed), false);
    files.truncate(sealed, 10);
    await eventually('no descriptor is left', () => descriptorsOf(sealed) === 0);
    assert.equal(seals.isSealed(leased), true); // so it did not wait for the call of the worker
  } finally {
    holder.kill('SIGKILL');
  }
  process.stdout.write('done\n');
}

if (!isMainThread) work(workerData as [string, string]);
else if (part === 'hold') hold();
else void main();
