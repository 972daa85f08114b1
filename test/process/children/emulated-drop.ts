// Mappings of the emulation that are dropped unclosed: one without a view is collected, one with a view or a stream
// that has read it is kept, and its stores reach the file at the end of the process.
import assert from 'node:assert/strict';
import { buffer as collect } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { map, stats } from '../../../lib/index.js';

const [path = ''] = process.argv.slice(2);
const backend = 'emulated';

async function collectGarbage(isEnough: () => boolean): Promise<void> {
  for (let turns = 0; turns < 200 && !isEnough(); turns++) {
    globalThis.gc?.();
    await turn();
  }
}

async function main(): Promise<void> {
  (() => void map(path, { backend }))();
  await collectGarbage(() => stats().leaked === 1);
  assert.deepEqual([stats().leaked, stats().mappings], [1, 0]);

  (() => void map(path, { backend }).buffer.write('stored'))();
  await (async () => collect(map(path, { backend }).createReadStream()))();
  let turns = 0;
  await collectGarbage(() => ++turns > 20);
  assert.deepEqual([stats().leaked, stats().mappings], [1, 2]);
  process.stdout.write('done\n');
}

void main();
