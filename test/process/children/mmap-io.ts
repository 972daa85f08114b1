// Buffers of mapdirect/compat/mmap-io: garbage collection unmaps them and counts no leak; a store into one that is only
// read, and an access past the end of a truncated file, end no process. Arguments: FILE dropped|stored|truncated
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, truncateSync } from 'node:fs';
import mmap from '../../../lib/compat/mmap-io/index.js';
import { stats } from '../../../lib/index.js';
import { eventually, mapsOf, nothingLeftOf, ranges } from './inspect.js';

const LENGTH = 65536;
const [path = '', how = ''] = process.argv.slice(2);
const held: { part: Buffer | undefined } = { part: undefined };

function mapped(protection: number): Buffer {
  const fd = openSync(path, protection === mmap.PROT_READ ? 'r' : 'r+');
  const buffer = mmap.map(LENGTH, protection, mmap.MAP_SHARED, fd);
  closeSync(fd);
  return buffer;
}

function drop(): void {
  mapped(mmap.PROT_WRITE)[0] = 1;
  held.part = mapped(mmap.PROT_READ).subarray(10, 20);
}

async function dropped(): Promise<void> {
  process.on('warning', (warning) => assert.fail(warning));
  drop();
  await eventually('the Buffer that was dropped is unmapped', () => stats().mappings === 1);
  assert.equal(mapsOf(path), 1); // a part keeps the memory
  assert.equal(held.part?.length, 10);
  held.part = undefined;
  await eventually('both are unmapped', () => stats().mappings === 0 && ranges() === 0);
  await nothingLeftOf(path);
  assert.equal(stats().leaked, 0);
}

function stored(): void {
  const before = readFileSync(path);
  const buffer = mapped(mmap.PROT_READ);
  buffer[0]! ^= 0xff;
  assert.notEqual(buffer[0], before[0]);
  mmap.sync(buffer, true); // it has nothing to write
  mmap.unmap(buffer);
  assert.ok(readFileSync(path).equals(before));
}

function truncated(): void {
  const buffer = mapped(mmap.PROT_READ | mmap.PROT_WRITE);
  truncateSync(path, 0);
  assert.equal(buffer[LENGTH - 1], 0);
  assert.throws(() => mmap.sync(buffer, true), { code: 'ERR_MAPPING_FAULT', reason: 'truncated' });
  mmap.unmap(buffer);
}

async function main(): Promise<void> {
  if (how === 'dropped') await dropped();
  else if (how === 'stored') stored();
  else truncated();
  process.stdout.write('done\n');
}
void main();
