// 200 workers load the package, map, and end; the main thread never loads it, so the last one out unloads the addon.
import { once } from 'node:events';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import type * as Package from '../../../lib/index.js';
import type * as Inspect from './inspect.js';

const WORKERS = 200;
const AT_ONCE = 4;

async function inWorker(path: string): Promise<void> {
  const { anonymous, map } = (await import('../../../lib/index.js')) as typeof Package;
  const mapping = map(path);
  mapping.buffer[0] = 1;
  anonymous(4096).buffer[0] = 1;
  void mapping.persistAsync().catch(() => undefined);
}

async function main(path: string): Promise<void> {
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < WORKERS) {
      started++;
      const worker = new Worker(__filename, { workerData: path });
      // Every fourth is stopped from outside, at some moment of its short life.
      if (started % 4 === 0) setTimeout(() => void worker.terminate(), started % 60);
      await once(worker, 'exit');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const { nothingLeftOf } = (await import('./inspect.js')) as typeof Inspect;
  await nothingLeftOf(path);
  process.stdout.write('done\n');
}

if (isMainThread) void main(process.argv[2] ?? '');
else void inWorker(workerData as string);
