import assert from 'node:assert/strict';
import { afterLoss, arrayAfterLoss, type Scene, type Ways } from './scene.js';

/** Compiled to machine code after many calls. */
function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at++) total += bytes[at] ?? 0;
  return total;
}

function store(bytes: Uint8Array, value: number): void {
  for (let at = 0; at < bytes.length; at++) bytes[at] = value;
}

/** `step` runs again and again, first before the truncation and then during it. It returns true at the end. */
function during({ truncateSoon }: Scene, step: () => boolean): void {
  for (let i = 0; i < 500; i++) assert.equal(step(), false);
  truncateSoon();
  const end = Date.now() + 60_000;
  while (!step()) assert.ok(Date.now() < end, 'the file is not truncated after a minute');
}

/** Accesses by code of JavaScript: the interpreter, compiled loops, and functions of the engine. */
export const waysOfJavaScript: Ways = {
  'a read by index': (scene) => assert.equal(afterLoss(scene)[0], 0),
  'a read of the last byte': (scene) => assert.equal(afterLoss(scene).at(-1), 0),
  'a store by index': (scene) => {
    const view = afterLoss(scene);
    view[5000] = 1;
    assert.deepEqual([view[5000], view[4999]], [1, 0]);
  },
  'a compiled loop that reads': (scene) => {
    const { mapping, lost } = scene;
    const view = mapping.view(lost.offset, lost.length);
    const whole = sum(view);
    during(scene, () => sum(view) !== whole);
    assert.equal(sum(view), 0);
  },
  'a compiled loop that stores': (scene) => {
    const { mapping, lost } = scene;
    const view = mapping.view(lost.offset, lost.length);
    during(scene, () => {
      store(view, 7);
      return mapping.faulted;
    });
  },
  Atomics: (scene) => {
    const words = new BigInt64Array(arrayAfterLoss(scene));
    assert.equal(Atomics.add(words, 0, 5n), 0n);
    assert.equal(Atomics.compareExchange(words, 512, 0n, 6n), 0n);
    assert.equal(Atomics.exchange(words, 1024, 7n), 0n);
    assert.deepEqual(
      [0, 512, 1024].map((at) => Atomics.load(words, at)),
      [5n, 6n, 7n],
    );
  },
  'Atomics.store': (scene) => assert.equal(Atomics.store(new Int32Array(arrayAfterLoss(scene)), 0, 9), 9),
  'a DataView': (scene) => assert.equal(new DataView(arrayAfterLoss(scene)).getFloat64(8), 0),
  'TypedArray.set, from the mapping': (scene) => {
    const view = afterLoss(scene);
    const copy = new Uint8Array(view.length).fill(1);
    copy.set(view);
    assert.equal(sum(copy), 0);
  },
  'TypedArray.set, into the mapping': (scene) => {
    const view = afterLoss(scene);
    view.set(new Uint8Array(view.length).fill(1));
    assert.equal(sum(view), view.length);
  },
  'TypedArray.slice': (scene) => assert.equal(sum(Uint8Array.prototype.slice.call(afterLoss(scene))), 0),
  'TypedArray.fill': (scene) => assert.equal(Uint8Array.prototype.fill.call(afterLoss(scene), 3)[9], 3),
  'TypedArray.copyWithin': (scene) => assert.equal(afterLoss(scene).copyWithin(0, 8192)[0], 0),
  'TypedArray.sort': (scene) => assert.equal(new Uint32Array(arrayAfterLoss(scene)).sort()[0], 0),
  'ArrayBuffer.slice': (scene) => assert.equal(sum(new Uint8Array(arrayAfterLoss(scene).slice(0))), 0),
  'a spread': (scene) => assert.equal(Math.max(...afterLoss(scene)), 0),
  structuredClone: (scene) => assert.equal(sum(new Uint8Array(structuredClone(arrayAfterLoss(scene)))), 0),
};
