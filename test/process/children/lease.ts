// Leases against strangers. The scenario is the second argument.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  addon,
  BREAK,
  EAGAIN,
  ENOENT,
  GONE,
  heard,
  hears,
  inode,
  lease,
  listen,
  mapped,
  now,
  open,
  Stranger,
  WHOLE,
} from './holder.js';
import { eventually } from './inspect.js';
import type { Action } from './stranger.js';

const LONG = 600_000;
const breakTime = Number(readFileSync('/proc/sys/fs/lease-break-time', 'latin1')) * 1000;

/** The longest that a holder may take, by the kernel's own limit. */
const patience = breakTime > 0 ? breakTime - Math.max(breakTime / 10, 200) : LONG;

async function heldAgain(id: number): Promise<void> {
  await eventually('the lease is held', () => addon.leaseHeld(id) === 1);
}

async function waits(path: string): Promise<void> {
  const stranger = new Stranger();
  const copy: number[] = []; // another copy of the package in this thread hears of everything too
  assert.equal(
    addon.onNotices((_kind, told) => copy.push(told)),
    0,
  );
  for (const action of ['read', 'write', 'truncate', 'rewrite'] as const) {
    const fd = open(path);
    const { slot } = mapped(fd, 4096);
    const id = lease(fd, LONG);
    const done = stranger.does(action, path);
    const { detail, at } = await hears(BREAK, id);
    assert.ok(detail <= patience && detail > patience - 5000, `${detail} ms left of ${patience}`);
    await delay(100);
    assert.ok(stranger.isBusy, `${action} did not wait`);
    assert.equal(addon.leaseHeld(id), 0);
    const released = now();
    assert.equal(addon.releaseLease(id), 0);
    const { result, began, ended } = await done;
    assert.equal(result, 'in');
    assert.ok(at < ended, 'heard of it too late');
    assert.deepEqual([addon.releaseLease(id), addon.leaseCount()], [ENOENT, 0]);
    process.stderr.write(
      `${action}: heard after ${(at - began).toFixed(1)} ms, in ${(ended - released).toFixed(1)} ms after the release\n`,
    );
    assert.deepEqual([addon.close(slot), addon.closeDescriptor(fd)], [0, 0]);
  }
  assert.deepEqual([heard.length, copy.length], [4, 4]);
  await stranger.ends();
}

async function probes(path: string): Promise<void> {
  const [stranger, other] = [new Stranger(), new Stranger()];
  const id = lease(open(path), LONG);
  for (let time = 0; time < 20; time++) {
    for (const action of ['probe', 'probe to write'] as const) {
      assert.equal((await stranger.does(action, path)).result, 'EAGAIN');
      await heldAgain(id);
    }
  }
  await delay(50);
  assert.deepEqual(heard, []);
  const done = stranger.does('write', path);
  await hears(BREAK, id);
  assert.equal((await other.does('probe', path)).result, 'EAGAIN');
  assert.ok(stranger.isBusy);
  assert.equal(addon.releaseLease(id), 0);
  assert.equal((await done).result, 'in');
  assert.equal(heard.length, 1);
  await Promise.all([stranger.ends(), other.ends()]);
}

async function several(path: string): Promise<void> {
  const strangers = [1, 2, 3, 4].map(() => new Stranger());
  const id = lease(open(path), LONG);
  const actions: readonly Action['action'][] = ['read', 'write', 'probe', 'truncate'];
  const done = strangers.map((stranger, at) => stranger.does(actions[at] ?? 'read', path));
  await hears(BREAK, id);
  assert.match((await done[2])?.result ?? '', /^EAGAIN$/);
  await delay(300);
  assert.deepEqual(
    strangers.map((stranger) => stranger.isBusy),
    [true, true, false, true],
  );
  assert.equal(addon.releaseLease(id), 0);
  const results = await Promise.all(done);
  assert.deepEqual([results[0]?.result, results[1]?.result, results[3]?.result, heard.length], ['in', 'in', 'in', 1]);
  await Promise.all(strangers.map((stranger) => stranger.ends()));
}

async function givesUp(path: string): Promise<void> {
  const [stranger, other] = [new Stranger(), new Stranger()];
  const id = lease(open(path), LONG);
  void stranger.does('write', path).catch(() => undefined);
  await hears(BREAK, id);
  await stranger.ends();
  await hears(WHOLE, id);
  await heldAgain(id);
  assert.equal((await other.does('probe to write', path)).result, 'EAGAIN');
  await heldAgain(id);
  const done = other.does('write', path);
  await eventually('asked again', () => heard.length === 3);
  assert.deepEqual(
    heard.map(({ kind }) => kind),
    [BREAK, WHOLE, BREAK],
  );
  assert.equal(addon.releaseLease(id), 0);
  assert.equal((await done).result, 'in');
  await other.ends();
}

async function deadline(path: string): Promise<void> {
  const stranger = new Stranger();
  await stranger.does('read', path);
  const fd = open(path);
  const { slot, window } = mapped(fd, 8192);
  const id = lease(fd, 500);
  assert.equal(addon.fenceOnLeaseEnd(id, slot), 0);
  window.write('early', 0, 'latin1');
  const done = stranger.does('open and look twice', path);
  // No turn of the loop from here on, and a store into the range all the time.
  const end = now() + 2500;
  for (let count = 0; now() < end; count++) window.write(`late${count % 1000}`.padEnd(8), 0, 'latin1');
  const covered = window.toString('latin1', 0, 4);
  const { result, began, ended } = await done;
  assert.equal(result, 'in');
  assert.ok(ended - began > 500 && ended < end, `in after ${ended - began} ms`);
  assert.equal(covered, 'late');
  const before = readFileSync(path, 'latin1').slice(0, 8);
  window.write('too late', 0, 'latin1');
  assert.equal(readFileSync(path, 'latin1').slice(0, 8), before);
  assert.equal((await hears(BREAK, id)).detail > 500, false);
  assert.equal((await hears(GONE, id)).detail, 0);
  assert.deepEqual(
    [addon.releaseLease(id), addon.fenceOnLeaseEnd(id, slot), addon.leaseHeld(id), addon.leaseCount()],
    [ENOENT, ENOENT, 0, 0],
  );
  assert.equal(addon.close(slot), 0);
  await stranger.ends();
}

async function otherTenant(path: string): Promise<void> {
  const stranger = new Stranger();
  const fd = open(path);
  const { PROT_READ = 0, PROT_WRITE = 0, MAP_SHARED = 0 } = addon.constants();
  const id = lease(fd, 200);
  const closed = addon.map(fd, 0, 4096, PROT_READ, MAP_SHARED, 0, 0);
  assert.equal(addon.fenceOnLeaseEnd(id, closed), 0);
  assert.equal(addon.close(closed), 0);
  writeFileSync(`${path}.other`, Buffer.alloc(4096));
  const other = addon.open(`${path}.other`, 2, 0);
  const next = addon.map(other, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0, 0);
  assert.equal(next, closed);
  assert.equal((await stranger.does('write', path)).result, 'in');
  await hears(GONE, id);
  const window = addon.window(next, 0, 4096);
  assert.ok(typeof window !== 'number');
  Buffer.from(window).write('reaches');
  assert.equal(readFileSync(`${path}.other`, 'latin1').slice(0, 7), 'reaches');
  await stranger.ends();
}

async function closing(path: string): Promise<void> {
  const stranger = new Stranger();
  const fd = open(path);
  mapped(fd, 4096);
  addon.duplicate(fd);
  lease(fd, LONG);
  const done = stranger.does('write', path);
  await eventually('it waits', () => heard.length === 1);
  assert.equal(addon.closeDescriptor(fd), 0);
  assert.equal((await done).result, 'in');
  assert.equal(addon.leaseCount(), 0);
  await stranger.ends();
}

async function refusals(path: string): Promise<void> {
  const first = open(path);
  const { dev, ino } = inode(first);
  const second = open(path);
  assert.equal(addon.lease(first, dev, ino, LONG), EAGAIN);
  assert.equal(addon.closeDescriptor(second), 0);
  const id = lease(first, LONG);
  assert.equal(addon.findLease(dev, ino), id);
  assert.equal(addon.findLease(dev, ino + 1), 0);
  const duplicate = addon.duplicate(first);
  assert.deepEqual([addon.lease(first, dev, ino, LONG), addon.lease(duplicate, dev, ino, LONG)], [EAGAIN, EAGAIN]);
  assert.equal(addon.leaseHeld(id), 1);
  assert.equal(addon.lease(9999, 1, 1, LONG), -9);
  assert.equal(addon.releaseLease(id), 0);
  assert.ok(lease(duplicate, LONG) > id);
}

async function killed(path: string): Promise<void> {
  const stranger = new Stranger();
  const holder = fork(__filename, [path, 'hold']);
  await once(holder, 'message');
  const done = stranger.does('write', path);
  await once(holder, 'message'); // it has heard
  assert.ok(stranger.isBusy);
  holder.kill('SIGKILL');
  assert.equal((await done).result, 'in');
  await stranger.ends();
}

/** The holder of killed(). */
async function hold(path: string): Promise<void> {
  const id = lease(open(path), LONG);
  process.send?.('holds');
  await hears(BREAK, id);
  process.send?.('heard');
  await delay(LONG);
}

async function throwing(path: string): Promise<void> {
  const stranger = new Stranger();
  addon.onNotices((kind) => {
    if (kind === BREAK) throw new Error('the listener fails');
  });
  lease(open(path), 100);
  const caught = once(process, 'uncaughtException');
  const done = stranger.does('write', path);
  assert.match(String((await caught)[0]), /the listener fails/);
  assert.equal((await done).result, 'in');
  await stranger.ends();
}

/** A signal for the whole process, which the event thread may see first. */
async function handedOn(path: string): Promise<void> {
  lease(open(path), LONG);
  let caught = 0;
  process.on('SIGIO', () => caught++);
  for (let time = 1; time <= 50; time++) {
    const before = caught;
    process.kill(process.pid, 'SIGIO');
    await eventually(`SIGIO ${time}`, () => caught > before);
  }
  process.removeAllListeners('SIGIO');
}

/**
 * Stopped for so long that the kernel takes the lease away: before the event is read, or during the search for the
 * opener.
 */
async function stopped(path: string): Promise<void> {
  const stranger = new Stranger();
  const id = lease(open(path), LONG);
  const waker = fork(__filename, [String(process.pid), 'wake']);
  await once(waker, 'message');
  const done = stranger.does('write', path);
  process.kill(process.pid, 'SIGSTOP');
  const { result, began, ended } = await done;
  assert.equal(result, 'in');
  assert.ok(ended - began > breakTime - 2000, `in after ${ended - began} ms`);
  await hears(GONE, id);
  assert.deepEqual([addon.leaseHeld(id), addon.leaseCount()], [0, 0]);
  await stranger.ends();
}

/** The waker of stopped(). */
async function wake(pid: string): Promise<void> {
  process.send?.('ready');
  await delay(breakTime + 3000);
  process.kill(Number(pid), 'SIGCONT');
  process.disconnect();
}

async function idle(path: string): Promise<void> {
  const fd = open(path);
  lease(fd, LONG);
  assert.ok(addon.watch(fd) > 0);
}

async function main(path: string, name: string): Promise<void> {
  const scenarios = {
    waits,
    probes,
    several,
    givesUp,
    deadline,
    otherTenant,
    closing,
    refusals,
    killed,
    hold,
    throwing,
    handedOn,
    stopped,
    wake,
    idle,
  };
  if (name !== 'throwing') listen();
  await scenarios[name as keyof typeof scenarios](path);
  if (process.send === undefined) process.stdout.write('done\n');
}

void main(process.argv[2] ?? '', process.argv[3] ?? '');
