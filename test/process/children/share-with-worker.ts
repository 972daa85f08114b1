// A worker attaches a mapping of the main thread. To close one side never touches the other.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { anonymous, attach, map, stats, type Mapping } from '../../../lib/index.js';
import { descriptors, eventually, nothingLeftOf, ranges } from './inspect.js';

type Handle = ReturnType<Mapping['share']>;
const ROUNDS = 100_000;

function counter(mapping: Mapping): Int32Array {
  return new Int32Array(mapping.arrayBuffer(0, 4));
}

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

function inWorker(): void {
  const attached: Mapping[] = [];
  const actions: Record<string, (handle: Handle) => unknown> = {
    attach: (handle) => attached.push(attach(handle)),
    count: () => {
      for (let round = 0; round < ROUNDS; round++) Atomics.add(counterOf(attached), 0, 1);
    },
    value: () => Atomics.load(counterOf(attached), 0),
    close: () => attached.pop()?.close(),
    tryAttach: (handle) => codeOf(() => attach(handle)),
    mappings: () => stats().mappings,
  };
  let counting: Int32Array | undefined;
  const counterOf = (mappings: Mapping[]): Int32Array => {
    if (counting === undefined || counting.length === 0) counting = counter(mappings.at(-1) as Mapping);
    return counting;
  };
  parentPort?.on('message', ({ action, handle }: { action: string; handle: Handle }) => {
    if (action === 'attach') counting = undefined;
    parentPort?.postMessage(actions[action]?.(handle));
  });
}

type Ask = (action: string, handle?: Handle) => Promise<unknown>;

async function share(make: () => Mapping, ask: Ask): Promise<void> {
  const mapping = make();
  const handle = structuredClone(mapping.share());
  const mine = counter(mapping);
  mine[0] = 0;
  await ask('attach', handle);
  const counted = ask('count');
  for (let round = 0; round < ROUNDS; round++) Atomics.add(mine, 0, 1);
  await counted;
  assert.equal(mine[0], 2 * ROUNDS);
  assert.equal(stats().mappings, 1);
  assert.equal(await ask('mappings'), 1);

  mapping.close();
  assert.equal(mine.length, 0);
  assert.equal(await ask('value'), 2 * ROUNDS);
  assert.equal(await ask('tryAttach', handle), 'ERR_MAPPING_CLOSED');
  assert.equal(
    codeOf(() => attach(handle)),
    'ERR_MAPPING_CLOSED',
  );
  await ask('close');
}

async function main(): Promise<void> {
  const path = process.argv[2] ?? '';
  const before = descriptors().length;
  const worker = new Worker(__filename);
  const ask: Ask = async (action, handle) => {
    worker.postMessage({ action, handle });
    return ((await once(worker, 'message')) as unknown[])[0];
  };
  await share(() => map(path), ask);
  await share(() => anonymous(4096, { name: 'shared-memory' }), ask);
  const mapping = map(path);
  await ask('attach', mapping.share());
  await ask('close');
  assert.equal(mapping.buffer.readInt32LE(0), 2 * ROUNDS);
  await ask('attach', mapping.share());
  await worker.terminate();
  assert.equal(mapping.buffer.readInt32LE(0), 2 * ROUNDS);
  mapping.close();
  await nothingLeftOf(path);
  await nothingLeftOf('shared-memory');
  await eventually('no address range is held', () => ranges() === 0);
  await eventually('as many descriptors as before', () => descriptors().length <= before);
  process.stdout.write('done\n');
}

if (isMainThread) void main();
else inWorker();
