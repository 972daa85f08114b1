// A shared mapping without any access: whatever persists, it touches nothing.
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { constants, mmap } from '../../../lib/index.js';

const { MAP_SHARED, PROT_NONE } = constants;
const [path = ''] = process.argv.slice(2);
const LENGTH = 2 ** 18; // more than is flushed on the calling thread

async function main(): Promise<void> {
  const fd = openSync(path, 'r+');
  using mapping = mmap(LENGTH, PROT_NONE, MAP_SHARED, fd);
  closeSync(fd);
  assert.equal(mapping.durability.method, 'none');
  mapping.persist();
  mapping.flush(1, 100);
  mapping.drain();
  mapping.persistRanges([
    [0, 8],
    [8192, 64],
  ]);
  mapping.deepPersist();
  await mapping.persistAsync();
  await mapping.persistAsync(0, 1);
  process.stdout.write('done\n');
}

void main();
