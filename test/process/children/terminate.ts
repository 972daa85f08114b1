// Workers that are terminated at random moments, in every kind of call. Nothing of them may be left, and the process
// must live. Arguments: FILE, or 'scratch' for one of its own, COUNT [report].
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, parentPort, threadId, Worker, workerData } from 'node:worker_threads';
import type * as Package from '../../../lib/index.js';
import type * as Inspect from './inspect.js';
import type * as Load from '../../../lib/backend/native/load.js';

const SIZE = 65536;
const AT_ONCE = 2;
const MOST_DELAY = 20;

interface Task {
  readonly path: string;
  readonly kind: string;
}

type Turn = (md: typeof Package, path: string, own: string) => unknown;

/** One turn of each kind; asynchronous ones are awaited. */
const kinds: Readonly<Record<string, Turn>> = {
  map: ({ map }, path) =>
    [map(path), map(path, { access: 'read' }), map(path, { access: 'copy' })].forEach((mapping) => mapping.close()),
  views({ map }, path) {
    using mapping = map(path);
    mapping.buffer[0] = 1;
    for (let i = 0; i < 50; i++) mapping.arrayBuffer(i, 4096);
  },
  dropped: ({ map }, path) => map(path).view(10, 20),
  stores({ map }, path) {
    using mapping = map(path);
    mapping.write(Buffer.alloc(1000, 1), 8);
    mapping.fill(2, 4000, 200);
    mapping.persistRanges([
      [0, 8],
      [4096, 8],
    ]);
    mapping.residency();
    mapping.lock(0, 4096);
  },
  resize({ map }, _path, own) {
    using mapping = map(own, { create: true, size: 8192, reserve: SIZE });
    mapping.buffer[1] = 2;
    mapping.resize(16384);
    mapping.resize(4096);
  },
  anonymous({ anonymous }) {
    anonymous(8192, { name: 'terminated' }).buffer[0] = 1;
  },
  seal: ({ map }, path) => map(path).seal().release(),
  verify({ map }, path) {
    const seal = map(path).seal();
    for (let i = 0; i < 100; i++) seal.verify();
  },
  lease({ map }, _path, own) {
    fs.writeFileSync(own, Buffer.alloc(8192, 1));
    using mapping = map(own);
    mapping.seal({ policy: 'breakable', enforcement: 'lease' });
  },
  extents: ({ extents }, path) => extents(path),
  probe: ({ probeSync }, path) => probeSync(path),
  files({ files }, _path, own) {
    files.append(own, Buffer.alloc(100, 1));
    files.truncate(own, 10);
  },
  async persistAsync({ map }, path) {
    using mapping = map(path);
    await Promise.all([mapping.persistAsync(), mapping.prefetch()]);
  },
  async sealAsync({ map }, path) {
    using mapping = map(path);
    (await mapping.sealAsync()).release();
  },
  async mapAsync({ mapAsync }, _path, own) {
    (await mapAsync(own, { create: true, size: 8192 })).close();
  },
  load: () => undefined,
};

async function work({ path, kind }: Task): Promise<void> {
  parentPort?.postMessage('loading');
  const md = (await import('../../../lib/index.js')) as typeof Package;
  if (kind !== 'load') parentPort?.postMessage('loaded');
  const own = `${path}.${threadId}`;
  for (;;) {
    for (let i = 0; i < 20; i++) await (kinds[kind] as Turn)(md, path, own);
    await new Promise(setImmediate);
  }
}

async function terminateOne(task: Task): Promise<void> {
  const worker = new Worker(__filename, { workerData: task });
  const errors: unknown[] = [];
  worker.on('error', (error) => errors.push(error));
  for (let messages = task.kind === 'load' ? 1 : 2; messages > 0; messages--)
    await Promise.race([once(worker, 'message'), once(worker, 'exit')]);
  await delay(Math.random() * MOST_DELAY);
  await worker.terminate();
  assert.deepEqual(errors, [], `the worker of kind '${task.kind}' failed`);
}

/** Lines of /proc/locks for that file. */
function locksOf(path: string): number {
  const { ino } = fs.statSync(path);
  return fs
    .readFileSync('/proc/locks', 'latin1')
    .split('\n')
    .filter((line) => line.includes(`:${ino} `)).length;
}

async function main(path: string, count: number, report: boolean): Promise<void> {
  fs.writeFileSync(path, Buffer.alloc(SIZE, 1));
  const names = Object.keys(kinds);
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < count) await terminateOne({ path, kind: names[started++ % names.length] ?? '' });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const { descriptorsOf, eventually, ranges } = (await import('./inspect.js')) as typeof Inspect;
  const { loadAddon } = (await import('../../../lib/backend/native/load.js')) as typeof Load;
  const loaded = loadAddon();
  if ('reason' in loaded) throw new Error(loaded.reason);
  await eventually('no address range is left', () => ranges() === 0);
  await eventually('no descriptor is left', () => descriptorsOf(path) + descriptorsOf('terminated') === 0);
  await eventually('no lease is left', () => loaded.addon.leaseCount() === 0);
  await eventually('no lock is left', () => locksOf(path) === 0);
  if (report)
    process.stdout.write(
      `${count} workers terminated; address ranges kept because they may be in use elsewhere: ${loaded.addon.keptCount()}\n`,
    );
  process.stdout.write('done\n');
}

async function inScratch(): Promise<void> {
  const [given = '', count, report] = process.argv.slice(2);
  const folder = given === 'scratch' ? fs.mkdtempSync(join(tmpdir(), 'mapdirect-terminate-')) : undefined;
  await main(folder === undefined ? given : join(folder, 'file'), Number(count), report === 'report');
  if (folder !== undefined) fs.rmSync(folder, { recursive: true });
}

if (isMainThread) void inScratch();
else void work(workerData as Task);
