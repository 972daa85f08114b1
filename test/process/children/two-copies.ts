// Two copies of the package in one process count together, do not get into each other's way, and leave nothing behind.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type * as Package from '../../../lib/index.js';
import { descriptors, eventually, nothingLeftOf } from './inspect.js';

const [first = '', second = '', path = ''] = isMainThread ? process.argv.slice(2) : (workerData as string[]);
const one = require(first) as typeof Package;
const two = require(second) as typeof Package;
assert.notEqual(one.map, two.map);

function inBoth(): Package.Mapping[] {
  const mappings = [one.map(path), two.map(path), one.anonymous(4096), two.map(path, { access: 'read' })];
  assert.equal(one.stats().mappings, 4);
  assert.deepEqual(one.stats(), two.stats());
  mappings[0]?.buffer.write('seen');
  const [first] = mappings as [Package.Mapping];
  assert.equal(one.Mapping.of(first.view(5))?.mapping, first);
  assert.equal(two.Mapping.of(first.view(5)), undefined); // no object of the other copy, which may be another version
  assert.equal(mappings[1]?.buffer.toString('latin1', 0, 4), 'seen');
  return mappings;
}

/** One copy can attach a mapping that the other copy shares, although neither knows the ranges of the other. */
function acrossCopies(): void {
  const owner = one.map(path);
  const handle = owner.share();
  const attached = two.attach(handle);
  owner.buffer.write('across');
  assert.equal(attached.buffer.toString('latin1', 0, 6), 'across');
  const others = Array.from({ length: 8 }, () => two.anonymous(4096)); // so that slots and serials differ
  owner.close();
  assert.throws(() => two.attach(handle), { code: 'ERR_MAPPING_CLOSED' });
  const tenant = one.anonymous(4096); // takes the free descriptor
  assert.throws(() => two.attach(handle), { code: 'ERR_MAPPING_CLOSED' });
  for (const mapping of [attached, tenant, ...others]) mapping.close();
}

async function main(): Promise<void> {
  const before = descriptors().length;
  acrossCopies();
  const mappings = inBoth();
  mappings[0]?.close();
  assert.equal(two.stats().mappings, 3);
  assert.equal(mappings[1]?.buffer.toString('latin1', 0, 4), 'seen');
  mappings[1]?.persist();
  for (const mapping of mappings) mapping.close();
  assert.equal(one.stats().mappings, 0);
  const worker = new Worker(__filename, { workerData: [first, second, path] });
  await once(worker, 'message');
  await worker.terminate();
  await nothingLeftOf(path);
  await eventually('as many descriptors as before', () => descriptors().length <= before);
  process.stdout.write('done\n');
}

if (isMainThread) void main();
else {
  setInterval(inBoth.bind, 1000, inBoth());
  parentPort?.postMessage('mapped');
}
