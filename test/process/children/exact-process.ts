// What else happens in a process while stores are traced. Argument: the program.
import assert from 'node:assert/strict';
import { randomFill } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { isMainThread, Worker } from 'node:worker_threads';
import { loadAddon } from '../../../lib/backend/native/load.js';
import { attach, constants } from '../../../lib/index.js';
import { CrashSimulator } from '../../../lib/testing/index.js';
import { replayLines, storeLines } from '../../testing/store-lines.js';

const { MAP_ANONYMOUS, MAP_SHARED, PROT_READ } = constants;
const SIZE = 8192;
const simulate = (): CrashSimulator => new CrashSimulator({ size: SIZE, granularity: 'page', trace: 'exact' });

/** The part of WebAssembly that this file uses: the types of Node have none of it. */
interface Wasm {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: { load(place: number): number } };
  readonly RuntimeError: new () => Error;
}
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Wasm };

/** (module (memory (export "memory") 1) (func (export "load") (param i32) (result i32) local.get 0 i32.load)) */
const LOADS = Buffer.from(
  '0061736d0100000001060160017f017f03020100050301000107110206' + '6d656d6f72790200046c6f616400000a0901070020002802000b',
  'hex',
);

function sees(simulator: CrashSimulator): void {
  simulator.settle();
  simulator.mapping.buffer[100] = (simulator.mapping.buffer[100] as number) + 1;
  assert.equal(storeLines(simulator.storeLog()).length, 1);
}

/** An access outside a WebAssembly memory is SIGSEGV, and an error. */
function wasm(): void {
  using simulator = simulate();
  sees(simulator);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(LOADS));
  assert.equal(exports.load(0), 0);
  for (let i = 0; i < 3; i++) assert.throws(() => exports.load(2 ** 31 - 1), WebAssembly.RuntimeError);
  sees(simulator);
}

/** The kernel stores nothing into traced memory, and a thread of the runtime does. */
async function others(): Promise<void> {
  using simulator = simulate();
  const { mapping } = simulator;
  const fd = openSync('/dev/zero', 'r');
  assert.throws(() => readSync(fd, mapping.buffer, 0, 10, null), { code: 'EFAULT' });
  closeSync(fd);
  await Promise.all([promisify(randomFill)(mapping.view(0, 1000)), promisify(randomFill)(mapping.view(4096, 1000))]);
  assert(replayLines(simulator.storeLog(), SIZE).equals(mapping.buffer));
  assert(storeLines(simulator.storeLog()).length >= 250);
}

/** Memory that another mapping stores into is compared. */
function untraced(): void {
  using simulator = simulate();
  const { mapping } = simulator;
  const other = attach(mapping.share());
  other.buffer[0] = 1;
  mapping.buffer[0] = 2;
  other.buffer[8] = 3;
  assert(replayLines(simulator.storeLog(), SIZE).equals(mapping.buffer));
  const contents = [...simulator.images()].map(({ buffer }) => `${buffer[0]} ${buffer[8]}`);
  assert(contents.includes('0 0') && contents.includes('2 3'), contents.join());
  other.close();
}

/** Every way to new pages. */
function pages(): void {
  using simulator = simulate();
  const { mapping } = simulator;
  mapping.lock();
  mapping.populate();
  mapping.buffer[0] = 1;
  mapping.resize(16384);
  for (const offset of [1, 8192, 16383]) mapping.buffer[offset] = 2;
  mapping.resize(4096);
  mapping.buffer[4095] = 3;
  mapping.resize(3 * 4096);
  mapping.buffer[8191] = 4;
  const second = simulator.map(4096);
  second.buffer[64] = 5;
  second.close();
  simulator.lose(0, 64);
  mapping.remap();
  mapping.buffer[65] = 6;
  const places = storeLines(simulator.storeLog()).map(({ offset }) => offset);
  assert.deepEqual(places, [0, 1, 8192, 16383, 4095, 8191, 64, 65]);
  for (let i = 0; i < 300; i++) simulator.map().close();
  sees(simulator);
}

/** A worker that ends leaves no trace behind: its addresses may be used again. */
async function worker(): Promise<void> {
  if (!isMainThread) {
    for (let i = 0; i < 40; i++) sees(simulate());
    return; // without close()
  }
  for (let i = 0; i < 5; i++) {
    const thread = new Worker(__filename, { argv: ['worker'] });
    const code = await new Promise((resolve, reject) => thread.once('error', reject).once('exit', resolve));
    assert.equal(code, 0);
    for (let j = 0; j < 4; j++) {
      using simulator = simulate();
      sees(simulator);
    }
  }
}

/** A store that is not into traced memory ends the process, as ever. */
function stray(): void {
  using simulator = simulate();
  sees(simulator);
  const loaded = loadAddon();
  assert('addon' in loaded);
  const slot = loaded.addon.map(-1, 0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, 0, 0);
  const window = loaded.addon.window(slot, 0, 4096);
  assert(typeof window === 'object');
  loaded.addon.handOut(window);
  new Uint8Array(window)[0] = 1;
}

function sent(): Promise<void> {
  const simulator = simulate();
  sees(simulator);
  process.kill(process.pid, 'SIGSEGV');
  return new Promise((resolve) => setTimeout(resolve, 10_000));
}

/** More mappings than can be traced. */
function tooMany(): void {
  const simulators: CrashSimulator[] = [];
  assert.throws(
    () => {
      for (;;) simulators.push(simulate());
    },
    { code: 'ENOSPC' },
  );
  assert(simulators.length > 100);
  for (const simulator of [simulators[0], simulators.at(-1)]) sees(simulator as CrashSimulator);
  for (const simulator of simulators) simulator.close();
  using simulator = simulate();
  sees(simulator);
}

const programs: Readonly<Record<string, () => void | Promise<void>>> = {
  wasm,
  others,
  untraced,
  pages,
  worker,
  stray,
  sent,
  tooMany,
};

async function main([program = '']: readonly string[]): Promise<void> {
  await programs[program]?.();
  if (isMainThread) console.log('done');
}

void main(process.argv.slice(2));
