// Watches against strangers. The scenario is the second argument.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { addon, ENOENT, heard, HINT, lease, listen, mapped, now, open, Stranger } from './holder.js';
import { eventually } from './inspect.js';

// linux/inotify.h
const IN_MODIFY = 0x2;
const IN_ATTRIB = 0x4;
const IN_CLOSE_WRITE = 0x8;
const IN_CLOSE_NOWRITE = 0x10;
const IN_MOVE_SELF = 0x800;
const IN_DELETE_SELF = 0x400;
const IN_Q_OVERFLOW = 0x4000;
const IN_IGNORED = 0x8000;

function watch(fd: number): number {
  const id = addon.watch(fd);
  assert.ok(id > 0, `watch: ${id}`);
  return id;
}

/** All events of the watch. */
function told(id: number): number {
  return heard
    .filter((notice) => notice.kind === HINT && notice.id === id)
    .reduce((bits, { detail }) => bits | detail, 0);
}

async function tells(id: number, bits: number): Promise<void> {
  await eventually(`watch ${id} tells ${bits}`, () => (told(id) & bits) === bits);
}

async function actions(path: string): Promise<void> {
  const stranger = new Stranger();
  const id = watch(open(path));
  for (const [action, bits] of [
    ['read', IN_CLOSE_NOWRITE],
    ['write', IN_CLOSE_WRITE],
    ['write once', IN_MODIFY | IN_CLOSE_WRITE],
    ['punch', IN_MODIFY],
    ['truncate', IN_MODIFY],
    ['rewrite', IN_MODIFY],
    ['chmod', IN_ATTRIB],
    ['rename', IN_MOVE_SELF],
  ] as const) {
    heard.length = 0;
    assert.equal((await stranger.does(action, path)).result, 'in');
    await tells(id, bits);
  }
  await stranger.ends();
}

/** The clone's source is neither written nor changed, yet its blocks are shared from then on. */
async function clone(path: string): Promise<void> {
  const id = watch(open(path));
  const { status, stderr } = spawnSync('cp', ['--reflink=always', path, `${path}.clone`], { encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
  await tells(id, IN_CLOSE_NOWRITE);
}

async function stores(path: string): Promise<void> {
  const fd = open(path);
  const { slot, window } = mapped(fd, 8192);
  const id = watch(fd);
  window.fill(7);
  assert.equal(addon.sync(slot, 0, 8192), 0);
  const stranger = new Stranger();
  await stranger.does('probe', `${path}.nothing`);
  await delay(100);
  assert.deepEqual(heard, []);
  await stranger.does('write once', path);
  await tells(id, IN_MODIFY);
  await stranger.ends();
}

/** A watch opens nothing, so it breaks no lease. A probe that fails is no hint. */
async function leased(path: string): Promise<void> {
  const fd = open(path);
  const id = lease(fd, 600_000);
  watch(fd);
  assert.equal(addon.leaseHeld(id), 1);
  const stranger = new Stranger();
  assert.equal((await stranger.does('probe', path)).result, 'EAGAIN');
  await delay(50);
  assert.deepEqual(heard, []);
  await stranger.ends();
}

async function counted(path: string): Promise<void> {
  const stranger = new Stranger();
  const [first, second] = [watch(open(path)), watch(open(path))];
  const thread = new Worker(__filename, { workerData: path });
  await once(thread, 'message'); // it watches
  const fromThread = once(thread, 'message');
  await stranger.does('write once', path);
  await Promise.all([tells(first, IN_MODIFY), tells(second, IN_MODIFY), fromThread]);
  await thread.terminate();
  assert.equal(addon.unwatch(first), 0);
  heard.length = 0;
  await stranger.does('write once', path);
  await tells(second, IN_MODIFY);
  assert.equal(told(first), 0);
  assert.deepEqual([addon.unwatch(second), addon.unwatch(second)], [0, ENOENT]);
  heard.length = 0;
  await stranger.does('write once', path);
  const again = watch(open(path));
  assert.ok(again > second);
  await stranger.does('chmod', path);
  await tells(again, IN_ATTRIB);
  assert.deepEqual([told(first), told(second)], [0, 0]);
  await stranger.ends();
}

function inThread(path: string): void {
  addon.onNotices((kind, id, detail) => parentPort?.postMessage({ kind, id, detail }));
  parentPort?.postMessage(watch(open(path)));
  setInterval(() => undefined, 1000);
}

/** Taken back while a hint is under way. */
async function underWay(path: string): Promise<void> {
  const id = watch(open(path));
  writeFileSync(path, 'x', { flag: 'r+' });
  for (const end = now() + 100; now() < end;);
  assert.equal(addon.unwatch(id), 0);
  await delay(50);
  assert.deepEqual(heard, []);
}

async function flood(path: string): Promise<void> {
  const stranger = new Stranger();
  await stranger.does('read', path);
  const id = watch(open(path));
  const done = stranger.does('write 20,000 times', path);
  for (const end = now() + 1500; now() < end;); // no turn of the loop
  await done;
  await tells(id, IN_MODIFY | IN_CLOSE_WRITE);
  // One for all that came while this thread was busy; the rest came while it was not.
  assert.equal((heard[0]?.detail ?? 0) & IN_MODIFY, IN_MODIFY);
  assert.ok(heard.length < 200, `${heard.length} hints`);
  await stranger.ends();
}

async function overflow(path: string): Promise<void> {
  const limit = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'latin1'));
  assert.ok(limit < 40_000, `fs.inotify.max_queued_events is ${limit}: this test needs less than 40,000`);
  writeFileSync(`${path}.other`, 'other');
  const id = watch(addon.open(`${path}.other`, 2, 0));
  watch(open(path));
  const stranger = new Stranger();
  await stranger.does('write and chmod 20,000 times, our parent being stopped', path);
  await tells(id, IN_Q_OVERFLOW);
  await stranger.ends();
}

/** The last link and the last descriptor of the file go away. */
async function deleted(path: string): Promise<void> {
  const fd = open(path);
  const id = watch(fd);
  unlinkSync(path);
  await tells(id, IN_ATTRIB);
  assert.equal(addon.closeDescriptor(fd), 0);
  await tells(id, IN_DELETE_SELF | IN_IGNORED);
  assert.equal(addon.unwatch(id), 0);
}

async function main(path: string, name: string): Promise<void> {
  const scenarios = { actions, clone, stores, leased, counted, underWay, flood, overflow, deleted };
  listen();
  await scenarios[name as keyof typeof scenarios](path);
  process.stdout.write('done\n');
}

if (isMainThread) void main(process.argv[2] ?? '', process.argv[3] ?? '');
else inThread(workerData as string);
