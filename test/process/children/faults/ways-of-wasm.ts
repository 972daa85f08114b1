import assert from 'node:assert/strict';
import { afterLoss, type Ways } from './scene.js';

/** The functions of the module below. */
interface Loader {
  readonly m: { readonly buffer: ArrayBuffer };
  f(address: number): number;
}

/** The part of WebAssembly that this file uses: the types of Node have none of it. */
interface Wasm {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Loader };
  readonly RuntimeError: new () => Error;
}
const wasm = (globalThis as unknown as { readonly WebAssembly: Wasm }).WebAssembly;

/** (module (memory (export "m") 1) (func (export "f") (param i32) (result i32) local.get 0 i32.load)) */
const LOADER = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic number and version
  ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f], // a type: i32 -> i32
  ...[3, 2, 1, 0], // a function of that type
  ...[5, 3, 1, 0, 1], // a memory of 64 KiB
  ...[7, 9, 2, 1, 0x6d, 2, 0, 1, 0x66, 0, 0], // the exports "m" and "f"
  ...[10, 9, 1, 7, 0, 0x20, 0, 0x28, 2, 0, 0x0b], // local.get 0, i32.load
);

/** A load outside of its memory is an exception. V8 makes it from a signal of the kernel. */
function checkTrap({ f }: Loader): void {
  for (const outside of [65536, -4]) assert.throws(() => f(outside), wasm.RuntimeError);
}

export const waysOfWasm: Ways = {
  'a copy into the memory of WebAssembly': (scene) => {
    const loader = new wasm.Instance(new wasm.Module(LOADER)).exports;
    checkTrap(loader);
    const memory = new Uint8Array(loader.m.buffer).fill(1);
    memory.set(afterLoss(scene));
    assert.equal(loader.f(0), 0);
    checkTrap(loader);
  },
};
