// A writer lock where a process or a collection of garbage is the question. Arguments: SCENARIO FILE
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { map, WriterLock } from '../../../lib/index.js';
import { actorOf } from '../../support/actors.js';
import { eventually, descriptorsOf } from './inspect.js';
import { Stranger } from './holder.js';

const DEADLINE_MS = 300;
const [scenario = '', path = ''] = process.argv.slice(2);

/** Another process is the writer, starts a program, and is killed. The program lives on. */
async function inherit(): Promise<void> {
  const script = `
    const { WriterLock } = require(${JSON.stringify(require.resolve('../../../lib/index.js'))});
    WriterLock.acquire(${JSON.stringify(path)});
    const child = require('node:child_process').spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
    process.stdout.write(String(child.pid));
    setInterval(() => undefined, 1000);`;
  const writer = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [pid] = (await once(writer.stdout, 'data')) as [Buffer];
  assert.equal(WriterLock.tryAcquire(path), undefined);
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  const sleeper = Number(pid.toString());
  try {
    WriterLock.acquire(path, { timeout: 10_000 }).release();
    process.kill(sleeper, 0); // alive
  } finally {
    process.kill(sleeper, 'SIGKILL');
  }
}

async function collect(): Promise<void> {
  let isCollected = false;
  const collector = new FinalizationRegistry(() => (isCollected = true));
  (() => collector.register(WriterLock.acquire(path), undefined))();
  await eventually('the object is garbage', () => isCollected);
  assert.equal(WriterLock.tryAcquire(path), undefined);
  assert.throws(() => WriterLock.acquire(path, { timeout: 0 }), { code: 'EBUSY', pid: process.pid });
}

/** Seal first, then acquire. The lock outlives the lease, and other processes break no lease when they ask for it. */
async function lease(): Promise<void> {
  const other = actorOf('another process');
  const worker = actorOf('a worker thread');
  const stranger = new Stranger();
  const direct = { policy: 'breakable', enforcement: 'lease', deadline: DEADLINE_MS } as const;
  const mapping = map(path, { direct });
  const [seal] = mapping.seals;
  let rings = 0;
  seal?.on('break', () => rings++);
  for (const asker of [other, worker]) assert.equal((await asker.run('tryWriter', path)).code, 'EAGAIN');
  const lock = WriterLock.acquire(path);
  assert.equal(WriterLock.tryAcquire(mapping.fd), undefined);
  for (const asker of [other, worker]) assert.deepEqual(await asker.run('tryWriter', path), { value: false });
  assert.deepEqual([seal?.enforcement, rings], ['lease', 0]);
  lock.release();
  const again = WriterLock.acquire(path);
  await stranger.does('write', path); // is let in at the deadline
  await eventually('the seal is broken', () => seal?.state === 'broken');
  for (const asker of [other, worker]) assert.deepEqual(await asker.run('tryWriter', path), { value: false });
  mapping.close();
  assert.deepEqual(await other.run('tryWriter', path), { value: false });
  again.release();
  assert.deepEqual(await other.run('tryWriter', path), { value: true });
  await Promise.all([other.end(), worker.end(), stranger.ends()]);
}

async function descriptors(): Promise<void> {
  const lock = WriterLock.acquire(path);
  const waiting = [...Array(5).keys()].map(() => WriterLock.acquireAsync(path, { timeout: 10 }));
  for (const { status } of await Promise.allSettled(waiting)) assert.equal(status, 'rejected');
  for (let time = 0; time < 5; time++) assert.equal(WriterLock.tryAcquire(path), undefined);
  assert.equal(descriptorsOf(path), 1);
  lock.release();
  assert.equal(descriptorsOf(path), 0);
  await assert.rejects(WriterLock.acquireAsync(path, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  assert.equal(descriptorsOf(path), 0);
}

async function emulated(): Promise<void> {
  const refused = { code: 'EOPNOTSUPP', syscall: 'fcntl', path, message: /emulation has no locks/ };
  assert.throws(() => WriterLock.acquire(path), refused);
  assert.throws(() => WriterLock.tryAcquire(path), refused);
  await assert.rejects(WriterLock.acquireAsync(path), refused);
  assert.equal(readFileSync(path).length, 1);
}

const scenarios: Readonly<Record<string, () => Promise<void>>> = { inherit, collect, lease, descriptors, emulated };

async function main(): Promise<void> {
  const run = scenarios[scenario];
  assert.ok(run, `no scenario '${scenario}'`);
  await run();
  process.stdout.write('done\n');
  process.exit(0);
}

void main();
