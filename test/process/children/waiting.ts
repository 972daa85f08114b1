// The threads of waitAsync(), and the ends of threads and processes with waiting calls.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { map } from '../../../lib/index.js';
import { eventually, nothingLeftOf, ranges } from './inspect.js';

const [path = '', mode = ''] = isMainThread ? process.argv.slice(2) : (workerData as string[]);
const CALLS = 1000;

function threads(): number {
  return readdirSync('/proc/self/task').length;
}

const modes: Readonly<Record<string, () => Promise<void>>> = {
  /** 1,000 calls take at most 8 threads, and none when they have ended. */
  async threads() {
    const mapping = map(path);
    const before = threads();
    const controller = new AbortController();
    const { signal } = controller;
    const waits = Array.from({ length: CALLS }, (_each, i) => mapping.waitAsync(4 * i, 0, { signal }));
    await new Promise((resolve) => setImmediate(resolve));
    const most = threads() - before;
    assert.ok(most >= 1 && most <= 8, `${most} threads`);
    controller.abort();
    for (const { status } of await Promise.allSettled(waits)) assert.equal(status, 'rejected');
    await eventually('the threads have ended', () => threads() <= before);
    mapping.close();
    await nothingLeftOf(path);
  },
  /** Without futex_waitv(2): 32 calls, and EAGAIN for the next one. All of them can be woken, aborted and closed. */
  async old() {
    const mapping = map(path);
    const controller = new AbortController();
    const waits = Array.from({ length: 32 }, (_each, i) =>
      mapping.waitAsync(4 * i, 0, i < 16 ? {} : { signal: controller.signal }),
    );
    await assert.rejects(mapping.waitAsync(0, 0), /^Error: EAGAIN: futex .*at most 32 calls/);
    const words = new Int32Array(mapping.arrayBuffer());
    for (let i = 0; i < 8; i++) {
      Atomics.store(words, i, 1);
      mapping.notify(4 * i);
      assert.equal(await waits[i], 'ok');
    }
    controller.abort();
    for (const wait of waits.slice(16)) await assert.rejects(wait, { name: 'AbortError' });
    assert.equal(await mapping.waitAsync(4000, 0, { timeout: 120 }), 'timed-out');
    mapping.close();
    for (const wait of waits.slice(8, 16)) await assert.rejects(wait, { code: 'ERR_MAPPING_CLOSED' });
    await nothingLeftOf(path);
  },
  /** A waiting call keeps the process alive until its timeout. */
  async alive() {
    const start = performance.now();
    assert.equal(await map(path).waitAsync(0, 0, { timeout: 50 }), 'timed-out');
    assert.ok(performance.now() - start >= 49);
  },
  /** A worker that is terminated while it blocks, or with waiting calls, leaves nothing behind. */
  async terminate() {
    for (const how of ['blocks', 'waits', 'exits']) {
      const worker = new Worker(__filename, { workerData: [path, how] });
      const exited = once(worker, 'exit');
      await once(worker, 'message');
      if (how !== 'exits') await worker.terminate();
      await exited;
      await nothingLeftOf(path);
      await eventually('no address range is held', () => ranges() === 0);
      const mapping = map(path);
      const wait = mapping.waitAsync(0, 0);
      assert.equal(mapping.notify(0), 1);
      assert.equal(await wait, 'ok');
      mapping.close();
    }
  },
  async blocks() {
    const mapping = map(path);
    parentPort?.postMessage('waits');
    mapping.wait(0, 0);
  },
  async waits() {
    const mapping = map(path);
    const waits = Array.from({ length: 200 }, () => mapping.waitAsync(0, 0));
    parentPort?.postMessage('waits');
    await Promise.all(waits);
  },
  async exits() {
    const mapping = map(path);
    void mapping.waitAsync(0, 0);
    parentPort?.postMessage('waits');
    process.exit(0);
  },
  /** A waiting call keeps its mapping, although the program has dropped it. */
  async dropped() {
    const wait = map(path).waitAsync(0, 0);
    let turns = 0;
    await eventually('garbage was collected 20 times', () => ++turns > 20);
    const mapping = map(path);
    Atomics.store(new Int32Array(mapping.arrayBuffer(0, 4)), 0, 1);
    mapping.notify(0);
    assert.equal(await wait, 'ok');
    mapping.close();
    await eventually('the dropped mapping is collected', () => ranges() === 0);
  },
  /** process.exit() with waiting calls. */
  async exit() {
    const mapping = map(path);
    for (let i = 0; i < 300; i++) void mapping.waitAsync(4 * i, 0);
    process.stdout.write('done\n');
    process.exit(0);
  },
};

async function main(): Promise<void> {
  await modes[mode]?.();
  if (isMainThread) process.stdout.write('done\n');
}

void main();
