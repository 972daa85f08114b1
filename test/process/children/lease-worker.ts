// Leases of two threads: each hears of its own, each can look up both, and none outlives its thread.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { addon, BREAK, heard, hears, inode, lease, listen, mapped, open, Stranger, type Inode } from './holder.js';
import { descriptorsOf, eventually } from './inspect.js';

interface Task {
  readonly path: string;
  readonly how: string;
}

interface Leased extends Inode {
  readonly id: number;
  readonly fd: number;
}

const LONG = 600_000;

async function work({ path, how }: Task): Promise<void> {
  listen();
  const fd = open(path);
  mapped(fd, 4096);
  const id = lease(fd, LONG);
  assert.ok(addon.watch(fd) > 0);
  parentPort?.postMessage({ ...inode(fd), id, fd } satisfies Leased);
  if (how === 'hear') parentPort?.postMessage(await hears(BREAK, id));
  if (how !== 'exit') setInterval(() => undefined, 1000);
  if (how === 'terminate-busy') for (;;);
  if (how === 'exit') process.exit(0);
}

/** A worker that holds a lease on the file. */
async function holder(task: Task): Promise<{ worker: Worker; leased: Leased }> {
  const worker = new Worker(__filename, { workerData: task });
  const [leased] = (await once(worker, 'message')) as [Leased];
  return { worker, leased };
}

/** A mapping and a duplicate of ours keep the worker's description open: only F_UNLCK ends the lease. */
async function ending(path: string, how: string): Promise<void> {
  const stranger = new Stranger();
  for (let round = 0; round < 3; round++) {
    const { worker, leased } = await holder({ path, how });
    const duplicate = addon.duplicate(leased.fd);
    const { slot } = mapped(duplicate, 4096);
    assert.equal(addon.findLease(leased.dev, leased.ino), leased.id);
    const done = stranger.does('write', path);
    if (how === 'terminate') await eventually('it is waited for', () => addon.leaseHeld(leased.id) === 0);
    assert.ok(stranger.isBusy);
    await worker.terminate();
    assert.equal((await done).result, 'in');
    assert.deepEqual([addon.leaseCount(), addon.findLease(leased.dev, leased.ino)], [0, 0]);
    assert.deepEqual([addon.close(slot), addon.closeDescriptor(duplicate)], [0, 0]);
    await eventually('no descriptor is left', () => descriptorsOf(path) === 0);
  }
  await stranger.ends();
}

async function exiting(path: string): Promise<void> {
  const stranger = new Stranger();
  const worker = new Worker(__filename, { workerData: { path, how: 'exit' } satisfies Task });
  await once(worker, 'exit');
  assert.equal((await stranger.does('write', path)).result, 'in');
  assert.equal(addon.leaseCount(), 0);
  await stranger.ends();
}

async function twoThreads(path: string, other: string): Promise<void> {
  const stranger = new Stranger();
  listen();
  const { worker, leased } = await holder({ path: other, how: 'hear' });
  const fd = open(path);
  const mine = { ...inode(fd), id: lease(fd, LONG) };
  assert.equal(addon.leaseCount(), 2);
  assert.deepEqual(
    [addon.findLease(mine.dev, mine.ino), addon.findLease(leased.dev, leased.ino)],
    [mine.id, leased.id],
  );
  const theirs = stranger.does('write', other);
  const [told] = (await once(worker, 'message')) as [{ id: number }];
  assert.equal(told.id, leased.id);
  assert.deepEqual(heard, []);
  assert.equal(addon.leaseHeld(mine.id), 1);
  assert.equal(addon.releaseLease(leased.id), 0);
  assert.equal((await theirs).result, 'in');
  const ours = stranger.does('write', path);
  await hears(BREAK, mine.id);
  assert.equal(addon.releaseLease(mine.id), 0);
  assert.equal((await ours).result, 'in');
  assert.deepEqual([heard.length, addon.leaseCount()], [1, 0]);
  await worker.terminate();
  await stranger.ends();
}

async function main(): Promise<void> {
  const [path = '', how = '', other = ''] = process.argv.slice(2);
  if (how === 'two-threads') await twoThreads(path, other);
  else if (how === 'exit') await exiting(path);
  else await ending(path, how);
  process.stdout.write('done\n');
}

if (isMainThread) void main();
else void work(workerData as Task);
