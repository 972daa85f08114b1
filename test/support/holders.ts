import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SealOptions } from '../../lib/seals/options.js';
import { sealPath } from './sealed.js';

/** Who seals. */
export const actors = ['this thread', 'a worker thread', 'another process'] as const;
export type Actor = (typeof actors)[number];

const script = join(__dirname, '..', 'process', 'children', 'hold-seal.js');

async function inProcess(args: string[]): Promise<() => Promise<void>> {
  const child = fork(script, args);
  await once(child, 'message');
  return async () => {
    const ended = once(child, 'exit');
    child.send('let go');
    await ended;
  };
}

async function inWorker(args: string[]): Promise<() => Promise<void>> {
  const worker = new Worker(script, { workerData: args });
  await once(worker, 'message');
  return async () => {
    const ended = once(worker, 'exit');
    worker.postMessage('let go');
    await ended;
  };
}

async function hold(actor: Actor, path: string, options: SealOptions): Promise<() => Promise<void>> {
  const args = [path, JSON.stringify(options)];
  if (actor === 'another process') return inProcess(args);
  if (actor === 'a worker thread') return inWorker(args);
  const seal = sealPath(path, options);
  return async () => seal.release();
}

/** Runs `body` while `actor` has the file at `path` sealed. */
export async function whileSealed(
  actor: Actor,
  path: string,
  body: () => void | Promise<void>,
  options: SealOptions = {},
): Promise<void> {
  const release = await hold(actor, path, options);
  try {
    await body();
  } finally {
    await release();
  }
}
