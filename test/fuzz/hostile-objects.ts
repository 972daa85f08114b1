import { Mapping } from '../../lib/index.js';
import { optionNames } from './option-names.js';
import type { Value } from './values.js';
import type { World } from './world.js';

/** What a hostile getter throws. */
export class Thrown extends Error {}

function fail(): never {
  throw new Thrown('a getter threw');
}

/** An object whose property closes a mapping when it is read, and then has the value. */
function closing(world: World, name: PropertyKey, value: unknown): object {
  return Object.defineProperty({}, name, { enumerable: true, get: () => (world.closeOne(), value) });
}

/** An answer that differs at each reading. */
function changing(world: World, name: PropertyKey): object {
  return Object.defineProperty({}, name, { enumerable: true, get: () => world.random.below(9000) });
}

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

type Growable<Memory> = new (length: number, options: { maxByteLength: number }) => Memory;

// The declarations of es2023 do not have the second argument.
const ResizableBuffer = ArrayBuffer as unknown as Growable<ArrayBuffer & { resize(length: number): void }>;
const GrowableSharedBuffer = SharedArrayBuffer as unknown as Growable<SharedArrayBuffer>;

/** A view that is out of the bounds of its memory. */
function outOfBounds(): Uint8Array {
  const memory = new ResizableBuffer(64, { maxByteLength: 128 });
  const view = new Uint8Array(memory, 32, 16);
  memory.resize(16);
  return view;
}

function detached<View extends ArrayBufferView<ArrayBuffer>>(view: View): View {
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

/** A view whose own properties lie about its length. */
function lying(): Uint8Array {
  return Object.defineProperties(new Uint8Array(8), {
    byteLength: { get: () => 2 ** 40 },
    length: { get: () => 2 ** 40 },
    byteOffset: { get: () => -1 },
    buffer: { get: () => new ArrayBuffer(2 ** 12) },
  });
}

class OddBytes extends Uint8Array {
  override get byteLength(): number {
    return -1;
  }
  static get [Symbol.species](): unknown {
    return fail();
  }
}

const throwingProxy = new Proxy<object>(
  {},
  { get: fail, has: fail, ownKeys: fail, getOwnPropertyDescriptor: fail, getPrototypeOf: fail },
);

/** One object for each option of the package, with each of these getters. */
const optionObjects: readonly Value[] = optionNames.flatMap((name) => [
  { name: `{ get ${name}() { close } }`, make: (world: World) => closing(world, name, undefined) },
  { name: `{ get ${name}() { throw } }`, make: () => Object.defineProperty({}, name, { enumerable: true, get: fail }) },
  { name: `{ get ${name}() { random number } }`, make: (world: World) => changing(world, name) },
]);

/** Views and buffers of every kind. */
export const memory: readonly Value<unknown>[] = [
  { name: 'detached Uint8Array', make: () => detached(new Uint8Array(64)) },
  { name: 'Uint8Array out of bounds', make: outOfBounds },
  {
    name: 'length-tracking Uint8Array',
    make: () => new Uint8Array(new ResizableBuffer(32, { maxByteLength: 64 })),
  },
  {
    name: 'growable shared Uint8Array',
    make: () => new Uint8Array(new GrowableSharedBuffer(64, { maxByteLength: 128 })),
  },
  { name: 'shared Float64Array', make: () => new Float64Array(new SharedArrayBuffer(64)) },
  { name: 'SharedArrayBuffer', make: () => new SharedArrayBuffer(64) },
  { name: 'ArrayBuffer', make: () => new ArrayBuffer(64) },
  { name: 'lying Uint8Array', make: lying },
  { name: 'subclass of Uint8Array', make: () => new OddBytes(16) },
  { name: 'empty Buffer', make: () => Buffer.alloc(0) },
  { name: 'Buffer', make: () => Buffer.alloc(100, 7) },
  { name: 'DataView', make: () => new DataView(new ArrayBuffer(16), 3, 5) },
  { name: 'BigInt64Array', make: () => new BigInt64Array(4) },
  { name: 'Float64Array of NaN', make: () => new Float64Array(4).fill(NaN) },
  { name: 'Float64Array of 3', make: () => new Float64Array(3) },
  { name: 'detached Float64Array', make: () => detached(new Float64Array(8)) },
  { name: 'proxy of a Uint8Array', make: () => new Proxy(new Uint8Array(8), {}) },
  { name: 'proxy of a Float64Array', make: () => new Proxy(new Float64Array(8), {}) },
];

/** The getters of this object throw, since no constructor has made it. */
export const falseMapping: Value = {
  name: 'object that only looks like a mapping',
  make: () => Object.create(Mapping.prototype) as object,
};

const objects: readonly Value[] = [
  { name: '{}', make: () => ({}) },
  { name: 'Object.create(null)', make: () => Object.create(null) as object },
  { name: '[]', make: () => [] },
  { name: '[[0, 1]]', make: () => [[0, 1]] },
  { name: '[[0, 2 ** 53]]', make: () => [[0, 2 ** 53]] },
  { name: '[[closing getter, 1]]', make: (world) => [closing(world, 0, 0)] },
  {
    name: 'array with a closing getter',
    make: (world) => Object.defineProperty([[0, 1]], 0, { get: () => (world.closeOne(), [0, 1]) }),
  },
  { name: 'array-like of 2 ** 32', make: () => ({ length: 2 ** 32 }) },
  { name: 'sparse array', make: () => new Array<number>(1000) },
  { name: 'function', make: () => () => 1 },
  { name: 'throwing function', make: () => fail },
  { name: 'class', make: () => Mapping },
  { name: 'Date', make: () => new Date(0) },
  { name: 'promise', make: () => Promise.resolve(1) },
  { name: 'revoked proxy', make: () => revoked({}) },
  { name: 'revoked proxy of an array', make: () => revoked([]) },
  { name: 'revoked proxy of a function', make: () => revoked(() => 1) },
  { name: 'throwing proxy', make: () => throwingProxy },
  { name: '{ valueOf() { close } }', make: (world) => ({ valueOf: () => (world.closeOne(), 0) }) },
  { name: '{ toString() { close } }', make: (world) => ({ toString: () => (world.closeOne(), 'x') }) },
  { name: '{ [Symbol.toPrimitive]() { throw } }', make: () => ({ [Symbol.toPrimitive]: fail }) },
  { name: 'aborted signal', make: () => AbortSignal.abort(new Thrown('aborted')) },
  { name: 'false signal', make: () => ({ aborted: false, addEventListener: fail }) },
  { name: '{ signal: aborted }', make: () => ({ signal: AbortSignal.abort(new Thrown('aborted')) }) },
  { name: '{ fd: 2 ** 31 }', make: () => ({ fd: 2 ** 31 }) },
  { name: 'http: URL', make: () => new URL('http://localhost/x') },
  { name: 'file: URL of a host', make: () => new URL('file://elsewhere/x') },
  { name: 'closed mapping', make: (world) => world.closed },
  { name: 'mapping', make: (world) => world.mapping },
  falseMapping,
  { name: 'handle', make: (world) => world.handle },
  { name: 'cloned handle', make: (world) => structuredClone(world.handle) },
  { name: 'handle with another slot', make: (world) => ({ ...(world.handle as object), slot: 2 ** 31, serial: -1 }) },
];

export const hostileObjects: readonly Value[] = [...objects, ...memory, ...optionObjects];
