// Seals with a lease, against strangers and against ourselves. The scenario is the second argument.
import assert from 'node:assert/strict';
import fs, { readFileSync, truncateSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { extents, files, map, seals, type Mapping, type Seal } from '../../../lib/index.js';
import { waitFor } from '../../support/race.js';
import { now, Stranger } from './holder.js';
import { eventually } from './inspect.js';

const DEADLINE = 400;

function sealed(
  path: string,
  policy: 'refuse' | 'breakable' = 'refuse',
): { mapping: Mapping; seal: Seal; heard: string[] } {
  const mapping = map(path, { direct: { policy, enforcement: 'lease', deadline: DEADLINE } });
  const [seal] = mapping.seals;
  assert.ok(seal !== undefined);
  assert.equal(seal.enforcement, 'lease');
  const heard: string[] = [];
  for (const event of ['break', 'weakened', 'broken', 'violated'] as const) seal.on(event, () => heard.push(event));
  return { mapping, seal, heard };
}

function code(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

/** The longest that the event loop was away, while it runs. */
function watchLoop(): () => number {
  let last = now();
  let longest = 0;
  const timer = setInterval(() => {
    longest = Math.max(longest, now() - last);
    last = now();
  }, 5);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

/** The holder gets the event while the opener is still blocked, and lets it in by hand. */
async function release(path: string): Promise<void> {
  const stranger = new Stranger();
  const { seal, heard } = sealed(path);
  const at = new Promise<number>((resolve) => seal.once('break', () => resolve(now())));
  const paused = watchLoop();
  const done = stranger.does('write', path);
  const told = await at;
  assert.ok(stranger.isBusy);
  assert.deepEqual([seal.state, seal.enforcement], ['breaking', 'advisory']);
  seal.release();
  const { result, began } = await done;
  assert.deepEqual([result, seal.state, heard], ['in', 'released', ['break']]);
  assert.ok(paused() < DEADLINE, 'the loop was blocked');
  process.stderr.write(`heard ${(told - began).toFixed(1)} ms after the open began\n`);
  assert.equal(seals.isSealed(path), false);
  await stranger.ends();
}

/** Without an answer the stranger is let in at the deadline, and a seal that demanded its lease is broken. */
async function deadline(path: string): Promise<void> {
  const stranger = new Stranger();
  const { mapping, seal, heard } = sealed(path);
  const joined = mapping.seal(); // which is content with less
  joined.on('weakened', () => heard.push('joined weakened'));
  const { result, began, ended } = await stranger.does('read', path);
  assert.equal(result, 'in');
  assert.ok(ended - began > DEADLINE / 2, 'it did not wait');
  await eventually('weakened', () => heard.length === 3);
  assert.deepEqual(heard.sort(), ['break', 'broken', 'joined weakened']);
  assert.deepEqual(
    [seal.state, joined.state, joined.enforcement, seals.isSealed(path)],
    ['broken', 'held', 'advisory', true],
  );
  mapping.close();
  assert.equal(seals.isSealed(path), false);
  await stranger.ends();
}

/** Probes, isSealed() and the guards of this and of other threads break no lease. */
async function quiet(path: string): Promise<void> {
  const stranger = new Stranger();
  const { mapping, seal, heard } = sealed(path);
  for (let time = 0; time < 10; time++) assert.equal((await stranger.does('probe', path)).result, 'EAGAIN');
  await eventually('held again', () => seal.enforcement === 'lease');
  const asks = `
    const { files, seals } = require(${JSON.stringify(require.resolve('../../../lib/index.js'))});
    const code = (call) => { try { return call(); } catch (error) { return error.code; } };
    const path = ${JSON.stringify(path)};
    require('node:worker_threads').parentPort.postMessage([seals.isSealed(path), code(() => files.truncate(path, 1)), code(() => files.append(path, Buffer.from('x'))), code(() => files.open(path, 'w'))]);
  `;
  const worker = new Worker(asks, { eval: true });
  const [answers] = await Promise.all([
    new Promise<unknown>((resolve) => worker.once('message', resolve)),
    new Promise<unknown>((resolve) => worker.once('exit', resolve)),
  ]);
  assert.deepEqual(answers, [true, 'ETXTBSY', 'ETXTBSY', 'ETXTBSY']);
  assert.deepEqual(
    [seals.isSealed(path), code(() => files.truncate(path, 1)), code(() => files.open(path, 'r'))],
    [true, 'ETXTBSY', 'EAGAIN'],
  );
  assert.equal(extents(path).length > 0, true);
  const second = map(path);
  second.close();
  await delay(50);
  assert.deepEqual([heard, seal.state, seal.enforcement], [[], 'held', 'lease']);
  mapping.close();
  await stranger.ends();
}

/** Whatever of a guarded node:fs would open the file to read it; of a copy of it, too. */
async function reads(path: string): Promise<void> {
  const { mapping, seal, heard } = sealed(path);
  const copy = { ...fs, promises: { ...fs.promises } };
  const undos = [files.guard(fs), files.guard(copy)];
  const calls = (of: typeof fs): Record<string, () => unknown> => ({
    openSync: () => of.openSync(path, 'r'),
    readFileSync: () => of.readFileSync(path),
    'readFileSync, text': () => of.readFileSync(path, 'utf8'),
    readFile: () => promisify(of.readFile)(path),
    'promises.readFile': () => of.promises.readFile(path),
    openAsBlob: () => of.openAsBlob(path),
    createReadStream: () => text(of.createReadStream(path)),
    copyFileSync: () => of.copyFileSync(path, `${path}-copy`),
    'promises.cp': () => of.promises.cp(path, `${path}-copy`),
  });
  for (const of of [fs, copy]) {
    for (const [name, call] of Object.entries(calls(of)))
      await assert.rejects(async () => call(), { code: 'EAGAIN', syscall: 'open' }, name);
  }
  await delay(50);
  assert.deepEqual([heard, seal.state, seal.enforcement], [[], 'held', 'lease']);
  for (const undo of undos) undo();
  mapping.close();
}

/**
 * A breakable one gives way at its deadline though its thread is blocked, and nothing that was mapped reaches the file.
 */
async function blocked(path: string): Promise<void> {
  const stranger = new Stranger();
  const { mapping, seal } = sealed(path, 'breakable');
  const { buffer } = mapping;
  const done = stranger.does('write', path);
  const end = now() + 3 * DEADLINE;
  while (now() < end) buffer[0] = 255; // it never hears of it
  const { result, began, ended } = await done;
  assert.equal(result, 'in');
  assert.ok(ended - began < 2.5 * DEADLINE, `in after ${ended - began} ms`);
  await eventually('broken', () => seal.state === 'broken');
  assert.deepEqual([mapping.faulted, buffer.length, code(() => mapping.persist())], [true, 0, 'ERR_MAPPING_FAULT']);
  assert.equal(seals.isSealed(path), false);
  mapping.close();
  await stranger.ends();
}

/** The view of other threads, which know of locks only: isSealed(), and the answer of requestBreak(). */
async function fromAnotherThread(path: string): Promise<unknown> {
  const script = `
    const { seals } = require(${JSON.stringify(require.resolve('../../../lib/index.js'))});
    const path = ${JSON.stringify(path)};
    const tell = (answer) => require('node:worker_threads').parentPort.postMessage([seals.isSealed(path), answer]);
    seals.requestBreak(path).then(() => tell('done'), (error) => tell(error.code));
  `;
  const worker = new Worker(script, { eval: true });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  const answer = await new Promise<unknown>((resolve) => worker.once('message', resolve));
  await ended;
  return answer;
}

/**
 * A breakable seal and one that is not: no process can ask for the file, and a stranger does not get the lock at the
 * deadline.
 */
async function mixed(path: string): Promise<void> {
  const stranger = new Stranger();
  const { mapping, seal, heard } = sealed(path, 'breakable');
  const other = map(path);
  const refusing = other.seal();
  refusing.on('weakened', () => heard.push('the other weakened'));
  assert.deepEqual(await fromAnotherThread(path), [true, 'ETXTBSY']);
  assert.deepEqual([heard, mapping.faulted], [[], false]);
  assert.equal((await stranger.does('read', path)).result, 'in');
  await eventually('all is told', () => heard.length === 3);
  assert.deepEqual(
    [heard.sort(), seal.state, refusing.state, mapping.faulted, other.faulted],
    [['break', 'broken', 'the other weakened'], 'broken', 'held', true, false],
  );
  assert.deepEqual(await fromAnotherThread(path), [true, 'ETXTBSY']);
  refusing.release();
  assert.deepEqual(await fromAnotherThread(path), [false, 'done']);
  await stranger.ends();
}

/** A breakable one that was released, beside one that goes on. */
async function spared(path: string): Promise<void> {
  const stranger = new Stranger();
  const { mapping, seal } = sealed(path, 'breakable');
  const other = mapping.seal({ enforcement: 'lease' });
  seal.release();
  const done = stranger.does('read', path);
  assert.equal((await done).result, 'in');
  await eventually('broken', () => other.state === 'broken');
  mapping.buffer.fill(5);
  mapping.persist();
  assert.deepEqual([mapping.faulted, readFileSync(path).every((byte) => byte === 5)], [false, true]);
  mapping.close();
  await stranger.ends();
}

const MANY_PIECES = 2 ** 27; // of 16 MiB

function holes(path: string): Mapping {
  truncateSync(path, 0);
  truncateSync(path, MANY_PIECES);
  return map(path);
}

async function lost(path: string): Promise<void> {
  const stranger = new Stranger();
  const mapping = holes(path);
  let done: Promise<unknown> | undefined;
  const onProgress = (): void => {
    if (done !== undefined) return;
    done = stranger.does('read', path);
    waitFor(4 * DEADLINE);
  };
  await assert.rejects(mapping.sealAsync({ enforcement: 'lease', deadline: DEADLINE, onProgress }), {
    code: 'EBUSY',
    syscall: 'seal',
  });
  await done;
  assert.deepEqual([mapping.seals, seals.isSealed(path)], [[], false]);
  mapping.close();
  await stranger.ends();
}

async function early(path: string): Promise<void> {
  const stranger = new Stranger();
  const mapping = holes(path);
  let done: Promise<unknown> | undefined;
  const onProgress = (): void => {
    done ??= stranger.does('read', path);
    waitFor(50);
  };
  const seal = await mapping.sealAsync({ enforcement: 'lease', onProgress });
  assert.equal(seal.state, 'held');
  await new Promise((resolve) => seal.once('break', resolve));
  assert.equal(seal.state, 'breaking');
  seal.release();
  await done;
  mapping.close();
  await stranger.ends();
}

/** The loop is blocked past the deadline. After that the handler runs as it would have run in time. */
async function late(path: string): Promise<void> {
  const stranger = new Stranger();
  const { mapping, seal, heard } = sealed(path, 'breakable');
  const codes: unknown[] = [];
  seal.on('break', ({ release }) => {
    for (const persist of [() => mapping.write(Buffer.from([9]), 0), () => mapping.persist(), () => mapping.drain()])
      codes.push(code(persist));
    release();
  });
  mapping.on('fault', () => heard.push('fault'));
  const done = stranger.does('read', path);
  waitFor(3 * DEADLINE);
  mapping.buffer[1] = 9; // into a page that is not the file's any more
  const flushed = mapping.persistAsync().catch((error: unknown) => (error as { code?: unknown }).code);
  assert.equal((await done).result, 'in');
  assert.equal(await flushed, 'ERR_MAPPING_FAULT');
  await eventually('broken', () => heard.includes('broken'));
  assert.deepEqual(
    [codes, heard.sort(), seal.state, mapping.faulted],
    [Array(3).fill('ERR_MAPPING_FAULT'), ['break', 'broken', 'fault'], 'broken', true],
  );
  await stranger.ends();
}

/** Released too late, without a flush in between. */
async function lateRelease(path: string): Promise<void> {
  const stranger = new Stranger();
  const { mapping, seal } = sealed(path, 'breakable');
  const done = stranger.does('read', path);
  waitFor(3 * DEADLINE);
  seal.release();
  assert.deepEqual([seal.state, mapping.faulted, code(() => mapping.persist())], ['broken', true, 'ERR_MAPPING_FAULT']);
  assert.equal((await done).result, 'in');
  await stranger.ends();
}

async function lateJoin(path: string): Promise<void> {
  const stranger = new Stranger();
  const { mapping, seal } = sealed(path);
  const other = map(path);
  const done = stranger.does('read', path);
  await new Promise((resolve) => seal.once('break', resolve));
  assert.equal(
    code(() => other.seal()),
    'EBUSY',
  );
  assert.deepEqual(other.seals, []);
  mapping.close();
  await done;
  other.seal().release();
  await stranger.ends();
}

async function givesUp(path: string): Promise<void> {
  const stranger = new Stranger();
  const mapping = map(path, { direct: { policy: 'breakable', enforcement: 'lease' } });
  const [seal] = mapping.seals;
  void stranger.does('write', path).catch(() => undefined);
  await new Promise((resolve) => seal?.once('break', resolve));
  await stranger.ends();
  await eventually('held again', () => seal?.state === 'held' && seal.enforcement === 'lease');
  assert.equal(mapping.faulted, false);
  mapping.close();
}

/**
 * Another open descriptor prevents the lease, and the error names it. Without the demand for a lease the seal is
 * granted.
 */
async function refused(path: string): Promise<void> {
  const fd = files.open(path, 'r+');
  assert.equal(
    code(() => map(path, { direct: { enforcement: 'lease' } })),
    'EAGAIN',
  );
  assert.equal(
    code(() => map(fd, { direct: { enforcement: 'lease' } })),
    'EAGAIN',
  );
  assert.deepEqual(seals.list(), []);
  const mapping = map(path, { direct: 'require' });
  assert.equal(mapping.seals[0]?.enforcement, 'advisory');
  mapping.close();
}

async function main(path: string, name: string): Promise<void> {
  const scenarios = {
    release,
    deadline,
    quiet,
    reads,
    blocked,
    mixed,
    spared,
    lost,
    early,
    late,
    lateRelease,
    lateJoin,
    givesUp,
    refused,
  };
  await scenarios[name as keyof typeof scenarios](path);
  process.stdout.write('done\n');
}

void main(process.argv[2] ?? '', process.argv[3] ?? '');
