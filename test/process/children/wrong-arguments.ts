// Calls exports of the addon with arguments that TypeScript never passes on. Each must be an error: no other slot or
// descriptor is meant, and no memory outside the range is touched.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants as system } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Addon } from '../../../lib/backend/native/addon.js';
import { constants } from '../../../lib/index.js';
import { ADDON } from '../../support/paths.js';

const { MAP_ANONYMOUS, MAP_SHARED, PAGE_SIZE, PROT_READ, PROT_WRITE } = constants;
const EINVAL = -system.errno.EINVAL;
const EBADF = -system.errno.EBADF;
const O_RDWR_CREAT = 0o102;
const addon = require(ADDON) as Addon;
const byName = addon as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

function call(name: string, ...args: readonly unknown[]): unknown {
  return byName[name]?.(...args);
}

function newSlot(): number {
  return addon.map(-1, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, 0, 0);
}

/** Values that are no slot and no descriptor, and that a conversion to an integer would make one. */
function wrongHandles(right: number): readonly unknown[] {
  return [
    undefined,
    null,
    NaN,
    true,
    `${right}`,
    {},
    BigInt(right),
    right + 0.5,
    right + 2 ** 32,
    -1,
    -(2 ** 32) + right,
  ];
}

const ways: Readonly<Record<string, () => void | Promise<void>>> = {
  slots() {
    const slot = newSlot();
    assert.equal(slot, 0); // as what a wrong value would be read
    const names = ['users', 'address', 'shareRange', 'pin', 'takeFault', 'leaveUnguarded', 'abandon', 'close'];
    for (const name of names) {
      for (const wrong of wrongHandles(slot)) assert.equal(call(name, wrong), EINVAL, `${name}(${String(wrong)})`);
    }
    assert.equal(addon.users(slot), 1);
  },
  async foreign() {
    const slot = newSlot();
    const worker = new Worker(__filename, { workerData: slot });
    const [results] = (await once(worker, 'message')) as [readonly unknown[]];
    assert.deepEqual(results, [EINVAL, EINVAL, EINVAL, EINVAL, EINVAL]);
    assert.equal(addon.residency(slot, 0, PAGE_SIZE), 0); // it is mapped, and nothing has touched it
    assert.equal(addon.users(slot), 1);
    assert.equal(addon.close(slot), 0);
  },
  descriptors() {
    const fd = addon.open('data', O_RDWR_CREAT, 0o600);
    assert.equal(addon.truncate(fd, PAGE_SIZE), 0);
    const names = ['truncate', 'statusFlags', 'stat', 'syncFile', 'duplicate', 'closeDescriptor', 'addSeals', 'lease'];
    for (const name of names) {
      for (const wrong of wrongHandles(fd)) assert.equal(call(name, wrong, 0), EBADF, `${name}(${String(wrong)})`);
    }
    assert.equal(addon.stat(fd), 0);
    assert.equal(new Float64Array(addon.registers)[0], PAGE_SIZE);
  },
  words() {
    const slot = newSlot();
    for (const offset of [PAGE_SIZE - 3, PAGE_SIZE, PAGE_SIZE + 4, 2 ** 40, 2 ** 53, -4, Number.MAX_VALUE]) {
      assert.equal(addon.futexWait(slot, offset, 0, 0), EINVAL);
      assert.equal(addon.futexWaitAsync(slot, offset, 0, 0, 127, 1), EINVAL);
      assert.equal(addon.futexWake(slot, offset, 1), EINVAL);
    }
    assert.equal(addon.futexWake(slot, PAGE_SIZE - 4, 1), 0);
    for (const perThread of [0, -1, NaN, 128, 2 ** 53]) {
      assert.equal(addon.futexWaitAsync(slot, 0, 0, 0, perThread, 1), EINVAL);
    }
  },
  async lines() {
    const slot = addon.reserve(4 * PAGE_SIZE, 0, PAGE_SIZE, 0);
    assert.equal(addon.persistLinesAsync(slot, 0, PAGE_SIZE), EINVAL);
    assert.equal(addon.mapFixed(slot, 0, -1, 0, PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, 0, 0), 0);
    assert.equal(addon.persistLinesAsync(slot, 0, PAGE_SIZE + 1), EINVAL);
    assert.equal(addon.persistLinesAsync(slot, PAGE_SIZE + 1, 0), EINVAL);
    assert.equal(await addon.persistLinesAsync(slot, 0, PAGE_SIZE), 0);
  },
  pairs() {
    const registers = new Float64Array(addon.registers);
    const untouched = 77;
    for (const wrong of [
      new Uint8Array(64),
      new BigInt64Array(8),
      new Float32Array(8),
      new DataView(new ArrayBuffer(64)),
    ]) {
      registers.set([newSlot(), 4, PAGE_SIZE, untouched]);
      call('persistRanges', wrong);
      assert.equal(registers[3], untouched);
    }
  },
  registers() {
    assert.equal(addon.detach(addon.registers), EINVAL);
    assert.equal(addon.registers.byteLength, 128);
  },
};

/** In a worker: each call that changes what lies at the addresses of a slot of another thread. */
function changeForeign(slot: number): readonly unknown[] {
  return [
    addon.mapFixed(slot, 0, -1, 0, PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, 0, 0),
    addon.remap(slot, 0, PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS),
    addon.cover(slot, 0, PAGE_SIZE),
    addon.abandon(slot),
    addon.close(slot),
  ];
}

async function main(): Promise<void> {
  const [way = '', directory = ''] = process.argv.slice(2);
  process.chdir(directory);
  const run = ways[way];
  assert.ok(run, `no way '${way}'`);
  await run();
  process.stdout.write('done\n');
}

if (isMainThread) void main();
else parentPort?.postMessage(changeForeign(workerData as number));
