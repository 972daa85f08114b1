// Workers that end at random moments, in every kind of call: terminated from outside, by process.exit(), by an error
// that nobody catches. Nothing of them may be left, and the process must live. Arguments: FILE, or 'scratch' for one of
// its own, COUNT [report].
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, parentPort, threadId, Worker, workerData } from 'node:worker_threads';
import { asyncCalls, openedByNode } from '../../support/async-calls.js';
import type * as Package from '../../../lib/index.js';
import type * as Inspect from './inspect.js';
import type * as Load from '../../../lib/backend/native/load.js';

const SIZE = 65536;
const AT_ONCE = 2;
const MOST_DELAY = 20;

const ends = ['terminate', 'terminate', 'exit', 'throw'] as const;

interface Task {
  readonly path: string;
  readonly kind: string;
  readonly end: (typeof ends)[number];
}

/** A hole in a mapping was seen once (ENOMEM of mincore): then the areas around it tell what is there. */
function tellingWhere(mapping: Package.Mapping, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    const at = mapping.address;
    const near = fs
      .readFileSync('/proc/self/maps', 'latin1')
      .split('\n')
      .filter((line) => {
        const [start = 0n, end = 0n] = (line.split(' ')[0] ?? '').split('-').map((hex) => BigInt(`0x${hex || 0}`));
        return start < at + 0x100000n && end > at - 0x100000n;
      });
    throw new Error(`mapping at 0x${at.toString(16)}, areas around it:\n${near.join('\n')}`, { cause: error });
  }
}

type Turn = (md: typeof Package, path: string, own: string) => unknown;

/** One turn of each kind of work without asynchronous calls. */
const synchronous: Readonly<Record<string, Turn>> = {
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
    tellingWhere(mapping, () => mapping.residency());
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
  load: () => undefined,
};

const kinds = [...Object.keys(synchronous), ...Object.keys(asyncCalls)];

async function turn(kind: string, md: typeof Package, path: string, own: string): Promise<unknown> {
  return synchronous[kind] === undefined ? asyncCalls[kind]?.(md, { path, own }) : synchronous[kind](md, path, own);
}

function endItself(end: Task['end']): void {
  if (end === 'exit') process.exit(0);
  if (end === 'throw') throw new Error('nobody catches this');
}

async function work({ path, kind, end }: Task): Promise<void> {
  parentPort?.postMessage('loading');
  const endSoon = (): unknown => setTimeout(endItself, Math.random() * MOST_DELAY, end);
  if (kind === 'load') endSoon();
  const md = (await import('../../../lib/index.js')) as typeof Package;
  if (kind !== 'load') {
    parentPort?.postMessage('loaded');
    endSoon();
  }
  const own = `${path}.${threadId}`;
  for (;;) {
    for (let i = 0; i < 20; i++) await turn(kind, md, path, own);
    await new Promise(setImmediate);
  }
}

async function endOne(task: Task): Promise<void> {
  const worker = new Worker(__filename, { workerData: task });
  const errors: unknown[] = [];
  worker.on('error', ({ message, cause }) => errors.push(message, ...(cause === undefined ? [] : [cause])));
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  for (let messages = task.kind === 'load' ? 1 : 2; messages > 0; messages--)
    await Promise.race([once(worker, 'message').catch(() => undefined), exited]);
  if (task.end === 'terminate') {
    await delay(Math.random() * MOST_DELAY);
    await worker.terminate();
  }
  await exited;
  const expected = task.end === 'throw' ? ['nobody catches this'] : [];
  assert.deepEqual(errors, expected, `the worker of kind '${task.kind}', end '${task.end}'`);
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
  const byNode = join(dirname(path), 'by-node'); // its descriptors are not looked for
  for (const each of [path, byNode]) fs.writeFileSync(each, Buffer.alloc(SIZE, 1));
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < count) {
      const kind = kinds[started++ % kinds.length] as string;
      await endOne({
        path: openedByNode.has(kind) ? byNode : path,
        kind,
        end: ends[Math.floor(Math.random() * ends.length)] as Task['end'],
      });
    }
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
      `${count} workers ended; address ranges kept because they may be in use elsewhere: ${loaded.addon.keptCount()}\n`,
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
