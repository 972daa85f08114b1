// Registrations and the end of leases, of threads and of objects. The scenario is the second argument.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { loadAddon } from '../../../lib/backend/native/load.js';
import type { Rehearsal } from '../../../lib/backend/registrations.js';
import { anonymous, map, seals, stats, type Mapping, type Registration, type Seal } from '../../../lib/index.js';
import { rehearsed } from '../../registration/rehearsed.js';
import type { Watched } from './registration-monitor.js';
import { descriptorsOf, eventually } from './inspect.js';

const BLOCK = 4096;
const DEADLINE = 200;
const LONG = 60_000;
const DELAY = 1000; // long enough for the monitor to see it on a busy machine

interface Registered {
  readonly mapping: Mapping;
  readonly seal: Seal;
  readonly registration: Registration;
  readonly heard: string[];
}

function registered(path: string, rehearsal: Rehearsal): Registered {
  const mapping = map(path);
  const seal = mapping.seal({ policy: 'breakable', enforcement: 'lease', deadline: DEADLINE });
  const registration = mapping.register({ domain: rehearsed(rehearsal) });
  const heard: string[] = [];
  registration.on('break', () => heard.push('registration: break'));
  registration.on('fenced', ({ reason }) => heard.push(`registration: fenced, ${reason}`));
  seal.on('break', () => heard.push('seal: break'));
  seal.on('violated', ({ reason }) => heard.push(`seal: violated, ${reason}`));
  seal.on('broken', () => heard.push('seal: broken'));
  mapping.on('fault', ({ reason }) => heard.push(`mapping: ${reason}`));
  return { mapping, seal, registration, heard };
}

/** Blocks this thread until the lease has ended. @returns what the monitor saw meanwhile. */
async function blocked(path: string, id: number): Promise<string[]> {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const data: Watched = { path, id, done };
  const monitor = new Worker(join(__dirname, 'registration-monitor.js'), { workerData: data });
  const seen = once(monitor, 'message') as Promise<[string[]]>;
  const ended = once(monitor, 'exit');
  Atomics.wait(done, 0, 0);
  await ended;
  return (await seen)[0];
}

/** The first id of this process is 1. */
const FIRST = 1;

/** Rules 31 and 37 with the JavaScript thread blocked: the order, as another thread sees it. */
async function order(path: string): Promise<void> {
  const { mapping, seal, registration, heard } = registered(path, { delay: DELAY });
  const seen = await blocked(path, FIRST);
  for (const state of ['live, pages there', 'revoking, pages there', 'revoked, pages gone']) {
    assert.ok(seen.includes(state), `${state} is not among ${seen.join('; ')}`);
  }
  assert.equal(registration.valid, false);
  await eventually('the seal is broken', () => seal.state === 'broken');
  // The 'break' of a registration that has ended is left out.
  assert.deepEqual(heard, ['registration: fenced, broken', 'seal: break', 'mapping: fenced', 'seal: broken']);
  mapping.close();
}

/** Rule 37: the provider confirms at the third attempt. Until then nothing goes. */
async function unconfirmed(path: string): Promise<void> {
  const { mapping, seal, heard } = registered(path, { failures: 20, delay: 20 });
  const seen = await blocked(path, FIRST);
  assert.ok(seen.includes('unfenced, pages there'));
  assert.ok(seen.includes('revoked, pages gone'));
  await eventually('the seal is broken', () => seal.state === 'broken');
  assert.deepEqual(heard, [
    'registration: fenced, broken',
    'seal: break',
    'seal: violated, unfenced',
    'mapping: fenced',
    'seal: broken',
  ]);
  mapping.close();
}

/** Only in a guest: the kernel waits for 1 s, takes the lease before the provider confirms, and lets a stranger in. */
async function taken(path: string): Promise<void> {
  // It confirms some 6 s after the deadline.
  const { mapping, seal, registration, heard } = registered(path, { failures: 50, delay: 20 });
  seal.on('weakened', () => heard.push('seal: weakened'));
  const stranger = spawn('sh', ['-c', ': >> "$0"', path], { stdio: 'ignore' });
  assert.deepEqual(await once(stranger, 'exit'), [0, null]);
  await eventually('the seal is weakened', () => heard.includes('seal: weakened'));
  assert.deepEqual([registration.valid, seal.state, seal.enforcement], [false, 'violated', 'advisory']);
  assert.deepEqual([mapping.faulted, seals.isSealed(path)], [false, true]);
  await eventually('the seal is broken', () => seal.state === 'broken', LONG);
  assert.deepEqual(heard, [
    'registration: break',
    'seal: break',
    'seal: violated, unfenced',
    'seal: weakened',
    'registration: fenced, broken',
    'mapping: fenced',
    'seal: broken',
  ]);
  assert.equal(seals.isSealed(path), false);
  mapping.close();
}

/** An end that is not confirmed is a process warning. */
async function warns(path: string): Promise<void> {
  const warned = once(process, 'warning') as Promise<[{ code?: string; message: string }]>;
  const mapping = map(path);
  mapping.seal({ policy: 'breakable', deadline: DEADLINE });
  const registration = mapping.register({ length: 4096, domain: rehearsed({ failures: 1 }) });
  await assert.rejects(seals.requestBreak(path), { code: 'ETXTBSY' });
  const [{ code, message }] = await warned;
  assert.equal(code, 'MAPDIRECT_UNFENCED');
  assert.ok(message.includes(path));
  registration.deregister();
  mapping.close();
}

/** close() right after the block, before any notice was delivered. */
async function closeFirst(path: string): Promise<void> {
  const { mapping, registration } = registered(path, {});
  const done = new Int32Array(new SharedArrayBuffer(4));
  const data: Watched = { path, id: FIRST, done };
  const monitor = new Worker(join(__dirname, 'registration-monitor.js'), { workerData: data });
  Atomics.wait(done, 0, 0);
  mapping.close();
  assert.deepEqual([registration.valid, stats().registrations], [false, 0]);
  await once(monitor, 'exit');
}

/** A file beside `path`, which is sealed and not registered. */
const otherOf = (path: string): string => `${path}.other`;

/** A worker ends with a registration; its seal must end after it, or stay if the end is not confirmed. */
async function workerEnds(path: string): Promise<void> {
  const other = otherOf(path);
  writeFileSync(other, Buffer.alloc(BLOCK));
  for (const failures of [0, -1]) {
    const worker = new Worker(__filename, { argv: [path, 'worker'], workerData: { failures } });
    await once(worker, 'message');
    assert.deepEqual([seals.isSealed(path), seals.isSealed(other)], [true, true]);
    if (failures === 0) await worker.terminate();
    else {
      worker.postMessage('end');
      await once(worker, 'exit');
    }
    assert.deepEqual([seals.isSealed(path), seals.isSealed(other)], [failures !== 0, failures !== 0]);
  }
}

/** A dropped Registration is not deregistered. */
async function dropped(path: string): Promise<void> {
  const warned = once(process, 'warning') as Promise<[{ code?: string }]>;
  ((): void => void map(path).register())();
  let isWarned = false;
  void warned.then(() => (isWarned = true));
  await eventually('a warning', () => isWarned);
  assert.equal((await warned)[0].code, 'MAPDIRECT_LEAK');
  assert.deepEqual([stats().registrations, stats().mappings, seals.isSealed(path)], [1, 1, true]);
}

/** One that has a listener is not collected. */
async function listening(path: string): Promise<void> {
  const heard: string[] = [];
  ((): void => {
    const mapping = map(path);
    const seal = mapping.seal({ policy: 'breakable', deadline: DEADLINE });
    mapping.register().on('break', ({ release }) => {
      heard.push('break');
      release();
      seal.release();
    });
  })();
  for (let i = 0; i < 5; i++) {
    global.gc!();
    await new Promise(setImmediate);
  }
  await seals.requestBreak(path);
  assert.deepEqual([heard, stats().registrations], [['break'], 0]);
}

/** A listener of the process' exit finds it ended. */
async function exit(path: string): Promise<void> {
  const registration = map(path).register();
  registration.on('fenced', ({ reason }) => {
    assert.deepEqual([reason, registration.valid], ['exit', false]);
    process.stdout.write('done\n');
  });
  process.exit();
}

const RING_ROUNDS = 7;

/** Reads of a file into all blocks of a registration. */
function readAll(registration: Registration, fd: number): Promise<number>[] {
  const count = registration.length / BLOCK;
  return Array.from({ length: count }, (_, n) => registration.read(fd, n * BLOCK, n * BLOCK, BLOCK));
}

/** A worker ends with transfers under way. */
async function endWithRing(path: string): Promise<void> {
  const worker = new Worker(__filename, { argv: [path, 'worker'], workerData: { ring: true } });
  await once(worker, 'message');
  await worker.terminate();
}

/** Rings of this process. Node 22 and newer have some of their own. */
const rings = (): number => descriptorsOf('io_uring');

/** Workers end with transfers under way: no ring, no descriptor and no registration is left. */
async function ringEnds(path: string): Promise<void> {
  await endWithRing(path);
  const before = rings();
  for (let round = 0; round < RING_ROUNDS; round++) await endWithRing(path);
  const loaded = loadAddon();
  assert.equal('addon' in loaded ? loaded.addon.registrationCount() : loaded.reason, 0);
  await eventually(`as many rings as before: ${before}`, () => rings() <= before);
}

/** A lease ends with JavaScript blocked: a native thread waits for the transfers, whose results arrive afterwards. */
async function ringFenced(path: string): Promise<void> {
  const memory = `/dev/shm/mapdirect-ring-${process.pid}`;
  writeFileSync(memory, Buffer.alloc(64 * BLOCK));
  try {
    const mapping = map(memory);
    const seal = mapping.seal({ policy: 'breakable', enforcement: 'lease', deadline: DEADLINE });
    const registration = mapping.register({ provider: 'io_uring' });
    const fd = openSync(path, 'r');
    const size = statSync(path).size;
    const reading = Promise.all(readAll(registration, fd));
    const seen = await blocked(memory, FIRST);
    assert.ok(seen.includes('revoked, pages gone'), seen.join('; '));
    assert.equal(registration.valid, false);
    const sum = (await reading).reduce((total, bytes) => total + bytes, 0);
    assert.equal(sum, Math.min(size, 64 * BLOCK));
    await assert.rejects(registration.read(fd, 0, 0, 1), { code: 'ECANCELED' });
    await eventually('the seal is broken', () => seal.state === 'broken');
    mapping.close();
  } finally {
    unlinkSync(memory);
  }
}

const scenarios: Readonly<Record<string, (path: string) => Promise<void>>> = {
  order,
  unconfirmed,
  taken,
  warns,
  closeFirst,
  workerEnds,
  dropped,
  listening,
  exit,
  ringEnds,
  ringFenced,
};

async function worker(path: string): Promise<void> {
  const { parentPort } = await import('node:worker_threads');
  const { failures, ring } = workerData as { failures?: number; ring?: boolean };
  if (ring === true) {
    const registration = anonymous(64 * BLOCK).register({ provider: 'io_uring' });
    const fd = openSync(path, 'r');
    parentPort!.postMessage('registered');
    for (;;) await Promise.all(readAll(registration, fd));
  }
  map(path).register({ domain: rehearsed({ failures: failures ?? 0 }) });
  map(otherOf(path)).seal();
  parentPort!.postMessage('registered');
  await once(parentPort!, 'message');
  parentPort!.close();
}

async function main(): Promise<void> {
  const [, , path = '', scenario = ''] = process.argv;
  if (!isMainThread) {
    await worker(path);
    return;
  }
  await scenarios[scenario]!(path);
  process.stdout.write('done\n');
}

void main();
