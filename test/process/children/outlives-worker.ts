// The memory of a view, or of a pin, outlives the worker that mapped it: no store there reaches a file, and its
// addresses are never given to another mapping.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadAddon } from '../../../lib/backend/native/load.js';
import { map } from '../../../lib/index.js';
import { eventually, mapsOf, ranges } from './inspect.js';

interface Task {
  readonly path: string;
  readonly how: string;
}

type Movable = ArrayBuffer & { transfer(): ArrayBuffer };

const kept: unknown[] = [];

async function throughStream(view: Uint8Array): Promise<ArrayBuffer> {
  const stream = new ReadableStream({
    type: 'bytes',
    start(controller) {
      controller.enqueue(view);
      controller.close();
    },
  });
  const { value } = (await stream.getReader().read()) as { value: Uint8Array };
  return value.buffer as ArrayBuffer;
}

async function work({ path, how }: Task): Promise<void> {
  const mapping = map(path);
  if (how === 'pin') {
    kept.push(mapping, mapping.pin());
    parentPort?.postMessage(mapping.address);
    return;
  }
  const moved = how === 'stream' ? await throughStream(mapping.buffer) : (mapping.buffer.buffer as Movable).transfer();
  if (how === 'closed') mapping.close();
  parentPort?.postMessage(moved, [moved]);
}

function keptCount(): number {
  const loaded = loadAddon();
  if ('reason' in loaded) throw new Error(loaded.reason);
  return loaded.addon.keptCount();
}

/** Where new mappings lie must not be where that memory was. */
function mapOften(victim: string): Buffer[] {
  return Array.from({ length: 20 }, () => map(victim).buffer);
}

async function main(path: string, victim: string, how: string): Promise<void> {
  const before = readFileSync(victim);
  const worker = new Worker(__filename, { workerData: { path, how } satisfies Task });
  const exited = once(worker, 'exit');
  const [moved] = (await once(worker, 'message')) as [ArrayBuffer | bigint];
  await exited;
  assert.equal(mapsOf(path), 0);
  const others = mapOften(victim);
  if (typeof moved !== 'bigint') {
    assert.equal(moved.byteLength, readFileSync(path).length);
    new Uint8Array(moved).fill(0x41);
  } else {
    const lines = readFileSync('/proc/self/maps', 'latin1')
      .split('\n')
      .map((line) => line.split(/[- ]/, 2).map((address) => BigInt(`0x${address || 0}`)));
    assert.ok(
      lines.some(([start = 0n, end = 0n]) => start <= moved && moved < end),
      'the addresses of a pin are still ours',
    );
  }
  for (const other of others) assert.ok(other.equals(before));
  assert.ok(readFileSync(victim).equals(before));
  assert.equal(readFileSync(path).includes(0x41), false);
  assert.equal(keptCount(), 1);
  await eventually('nothing else of the worker is left', () => ranges() === others.length);
  process.stdout.write('done\n');
}

if (isMainThread) void main(process.argv[2] ?? '', process.argv[3] ?? '', process.argv[4] ?? '');
else void work(workerData as Task);
