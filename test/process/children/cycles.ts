// So many times: open, view, store, close. Nothing may pile up, whether or not the loop gets a turn in between.
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { map, stats } from '../../../lib/index.js';
import { descriptors, eventually, nothingLeftOf, ranges } from './inspect.js';

const [path = '', cycles = '', yieldEvery = ''] = process.argv.slice(2);

async function main(): Promise<void> {
  const before = descriptors().length;
  for (let cycle = 1; cycle <= Number(cycles); cycle++) {
    const mapping = map(path);
    const { buffer } = mapping;
    buffer[cycle % 4096] = 1;
    mapping.close();
    assert.equal(buffer.length, 0);
    if (cycle % Number(yieldEvery) === 0) await nextTurn();
  }
  assert.equal(stats().mappings, 0);
  await nothingLeftOf(path);
  await eventually('no address range is held', () => ranges() === 0);
  assert.equal(descriptors().length, before);
  assert.equal(stats().leaked, 0);
  process.stdout.write('done\n');
}

void main();
