// One of two processes that count on one file, each through two mappings. They wait for each other through the file.
import assert from 'node:assert/strict';
import { map } from '../../../lib/index.js';

const [path = '', me = '', rounds = ''] = process.argv.slice(2);
const [first, second] = [map(path), map(path)].map((mapping) => new Int32Array(mapping.arrayBuffer(0, 4096)));
assert.ok(first && second);
const TOTAL = 0;
const ARRIVED = 16; // + me: on another cache line

first[ARRIVED + Number(me)] = 1;
while (first[ARRIVED] !== 1 || first[ARRIVED + 1] !== 1) Atomics.load(second, ARRIVED);
for (let round = 0; round < Number(rounds); round++) {
  Atomics.add(first, TOTAL, 1);
  Atomics.add(second, TOTAL, 2);
}
process.stdout.write('done\n');
