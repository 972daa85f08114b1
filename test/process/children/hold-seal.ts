/** Seals the file that it is told of, as a process or as a worker thread, until it is told to let go. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { SealOptions } from '../../../lib/seals/options.js';
import { sealPath } from '../../support/sealed.js';

const [path, options] = (isMainThread ? process.argv.slice(2) : (workerData as string[])) as [string, string];
const seal = sealPath(path, JSON.parse(options) as SealOptions);

function letGo(): void {
  seal.release();
  if (isMainThread) process.disconnect();
  else parentPort?.close();
}

if (isMainThread) {
  process.once('message', letGo);
  process.send?.('sealed');
} else {
  parentPort?.once('message', letGo);
  parentPort?.postMessage('sealed');
}
