// A sealed mapping that is dropped unclosed is unsealed by garbage collection, and not before its last view is dropped
// too.
import assert from 'node:assert/strict';
import { files, map, seals, type Seal } from '../../../lib/index.js';
import { eventually, nothingLeftOf } from './inspect.js';

const path = process.argv[2] ?? '';
const held: { view: Buffer | undefined; seal: Seal | undefined } = { view: undefined, seal: undefined };

function drop(): void {
  map(path, { direct: 'require' }).buffer[0] = 1;
}
function keepView(): void {
  held.view = map(path, { direct: 'require' }).view(10, 20);
}
/** A seal does not keep its mapping. */
function keepSeal(): void {
  held.seal = map(path).seal();
}

async function expectReleased(reason: string): Promise<void> {
  await eventually(`unsealed: ${reason}`, () => !seals.isSealed(path));
  assert.deepEqual(seals.list(), []);
  files.truncate(path, 32768);
  await nothingLeftOf(path);
}

async function main(): Promise<void> {
  drop();
  assert.equal(seals.isSealed(path), true);
  await expectReleased('dropped');
  keepView();
  let turns = 0;
  await eventually('garbage was collected 20 times', () => ++turns > 20);
  assert.equal(seals.isSealed(path), true);
  assert.equal(held.view?.length, 20);
  held.view = undefined;
  await expectReleased('its view was dropped');
  keepSeal();
  await expectReleased('only its seal is held');
  assert.equal(held.seal?.state, 'released');
  process.stdout.write('done\n');
}

void main();
