// A SharedArrayBuffer over a mapping: a worker stores into it, the file has the store, and close() waits for its end.
// Where the runtime has none, the error names share().
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { map, Mapping } from '../../../lib/index.js';

const OFFSET = 4096;
const [path = ''] = process.argv.slice(2);

// As docs and error say: Node 22.23, 24.16 and 26.1 have it.
function isExpected(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const first: Readonly<Record<number, number>> = { 22: 23, 24: 16, 26: 1 };
  return major > 26 || minor >= (first[major] ?? Infinity);
}

/** In a function of its own, so that nothing refers to the buffer afterwards. */
async function storeInWorker(mapping: Mapping): Promise<void> {
  const shared = mapping.sharedArrayBuffer(OFFSET, 4096);
  assert.ok(shared instanceof SharedArrayBuffer);
  assert.equal(shared.byteLength, 4096);
  const code = `Atomics.store(new Int32Array(require('node:worker_threads').workerData), 0, 42)`;
  await once(new Worker(code, { eval: true, workerData: shared }), 'exit');
  assert.equal(new Int32Array(shared)[0], 42);
  assert.equal(mapping.buffer.readInt32LE(OFFSET), 42);
  assert.deepEqual(Mapping.of(shared), { mapping, offset: OFFSET });
  assert.deepEqual(Mapping.of(new Int32Array(shared, 8)), { mapping, offset: OFFSET + 8 });
  assert.throws(() => mapping.close(), { code: 'EBUSY', message: /SharedArrayBuffer/ });
  assert.throws(() => mapping.resize(4096), { code: 'EBUSY' });
}

/** The thread of the mapping ends first: this thread finds zeros, which belong to no file. */
async function outliveTheMapping(): Promise<void> {
  const code = `const { parentPort, workerData: { index, path } } = require('node:worker_threads');
    const mapping = require(index).map(path);
    mapping.buffer[0] = 7;
    parentPort.postMessage(mapping.sharedArrayBuffer());`;
  const worker = new Worker(code, {
    eval: true,
    workerData: { index: require.resolve('../../../lib/index.js'), path },
  });
  const [[shared]] = (await Promise.all([once(worker, 'message'), once(worker, 'exit')])) as [
    [SharedArrayBuffer],
    unknown,
  ];
  const bytes = new Uint8Array(shared);
  assert.equal(bytes[0], 0);
  bytes[0] = 9;
  assert.equal(readFileSync(path)[0], 7);
}

async function closeAfterCollection(mapping: Mapping): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    globalThis.gc?.();
    await pause(20);
    try {
      mapping.close();
      return;
    } catch (error) {
      if ((error as { code: string }).code !== 'EBUSY' || performance.now() > end) throw error;
    }
  }
}

async function main(): Promise<void> {
  const mapping = map(path);
  if (!isExpected()) {
    assert.throws(() => mapping.sharedArrayBuffer(), { code: 'EOPNOTSUPP', message: /share\(\)/ });
    mapping.close();
  } else {
    await storeInWorker(mapping);
    await closeAfterCollection(mapping);
    assert.equal(readFileSync(path).readInt32LE(OFFSET), 42);
    await outliveTheMapping();
  }
  console.log('done');
}

void main();
