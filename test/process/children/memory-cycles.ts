// Many lives of mappings, for a memory checker (scripts/test-valgrind.js). Arguments: DIR COUNT, and perhaps a part of
// the name of some lives.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import {
  anonymous,
  attach,
  extents,
  map,
  mapAsync,
  probe,
  seals,
  WriterLock,
  type MappingHandle,
} from '../../../lib/index.js';
import { PAGE } from '../../support/sizes.js';
import { eventually, ranges } from './inspect.js';

const [dir = '', count = '', only = ''] = process.argv.slice(2);
const path = join(dir, 'cycles');
const LENGTH = 8 * PAGE;
const PATIENCE = 120_000; // under a memory checker

const lives: Readonly<Record<string, () => void | Promise<void>>> = {
  'map and close'() {
    const mapping = map(path);
    mapping.buffer[0] = 1;
    mapping.persist(0, 8);
    mapping.write(Buffer.from('bytes'), PAGE);
    mapping.close();
  },
  async 'mapAsync and closeAsync'() {
    const mapping = await mapAsync(path);
    const read = mapping.createReadStream({ highWaterMark: PAGE }).toArray();
    await Promise.all([mapping.persistAsync(), mapping.prefetch(), mapping.closeAsync(), read]);
  },
  'share and attach'() {
    using mapping = map(path);
    const other = attach(mapping.share());
    other.buffer[1] = 2;
    other.close();
  },
  async 'a fault that is healed'() {
    using mapping = map(path);
    mapping.on('fault', () => undefined);
    fs.truncateSync(path, PAGE);
    assert.equal(mapping.buffer[4 * PAGE], 0);
    assert.throws(() => mapping.persist(), { code: 'ERR_MAPPING_FAULT' });
    await assert.rejects(mapping.persistAsync(), { code: 'ERR_MAPPING_FAULT' });
    fs.truncateSync(path, LENGTH);
    mapping.remap();
    mapping.persist();
  },
  async 'waitAsync, woken, timed out and closed'() {
    const mapping = map(path);
    const value = mapping.view(8, 4).readInt32LE(0);
    const woken = mapping.waitAsync(8, value);
    mapping.view(8, 4).writeInt32LE((value + 1) | 0, 0);
    mapping.notify(8);
    await Promise.all([woken, mapping.waitAsync(12, mapping.view(12, 4).readInt32LE(0), { timeout: 1 })]);
    const waiting = assert.rejects(mapping.waitAsync(12, mapping.view(12, 4).readInt32LE(0)));
    mapping.close();
    await waiting;
  },
  async 'seals and locks'() {
    using mapping = map(path);
    mapping.seal().release();
    (await mapping.sealAsync({ policy: 'breakable' })).release();
    WriterLock.acquire(path).release();
    extents(path);
    await probe(dir);
  },
  async 'registrations that end, and that are fenced'() {
    using mapping = map(path);
    mapping.register({ length: PAGE }).deregister();
    mapping.seal({ policy: 'breakable', deadline: 1 });
    const registration = mapping.register();
    await seals.requestBreak(path);
    assert.equal(registration.valid, false);
  },
  'resize and anonymous memory'() {
    using memory = anonymous(LENGTH, { name: 'cycles' });
    memory.buffer[0] = 1;
    using mapping = map(join(dir, 'resized'), { create: true, size: PAGE, reserve: LENGTH });
    mapping.resize(LENGTH);
    mapping.buffer[LENGTH - 1] = 1;
  },
  dropped() {
    map(path).view(10, 20);
  },
};

/** A thread that attaches, and ends without a close. */
async function thread(): Promise<void> {
  using mapping = map(path);
  const worker = new Worker(__filename, { argv: [dir, count], workerData: mapping.share() });
  await new Promise((resolve) => worker.once('message', resolve));
  await worker.terminate();
}

async function main(): Promise<void> {
  fs.writeFileSync(path, Buffer.alloc(LENGTH, 1));
  const chosen = Object.entries(lives).flatMap(([name, live]) => (name.includes(only) ? [live] : []));
  for (let cycle = 0; cycle < Number(count); cycle++) for (const live of chosen) await live();
  await thread();
  await eventually('no address range is left', () => ranges() === 0, PATIENCE);
  process.stdout.write('done\n');
}

if (isMainThread) void main();
else {
  attach(workerData as MappingHandle).buffer[2] = 3;
  parentPort?.postMessage('attached');
}
