import { invalidType } from './errors.js';
import { checkFlag } from './options.js';
import { checkOptions } from './words.js';

const typedArray: unknown = Object.getPrototypeOf(Uint8Array.prototype);
const intrinsic = (Object.getOwnPropertyDescriptor(typedArray, 'byteLength') as { get: () => number }).get;

/** How long it really is, whatever a subclass or a property of its own says. */
export function byteLengthOf(bytes: Uint8Array): number {
  return intrinsic.call(bytes);
}

/** Checks a source of bytes and gives them as bytes, without a copy. @throws TypeError ERR_INVALID_ARG_TYPE, also for a detached one. */
export function sourceBytes(source: unknown): Uint8Array {
  if (source instanceof Uint8Array && byteLengthOf(source) !== 0) return source;
  if (!ArrayBuffer.isView(source)) throw invalidType('source', 'a Buffer, TypedArray or DataView', source);
  // A view of detached memory has length 0 like an empty one: ask the buffer, which cannot be viewed any more. (A DataView
  // throws by itself.)
  try {
    const { buffer, byteOffset, byteLength } = source;
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch {
    throw invalidType('source', 'a view of memory that is still there (this one is detached)', source);
  }
}

/** `drain` is its own, and there is nothing else. */
function hasDrainAlone(options: object): boolean {
  for (const key in options) if (key !== 'drain') return false;
  return Object.hasOwn(options, 'drain') && !Array.isArray(options);
}

/** The option `drain` of a write; default true. Called for each record, so the usual object is not listed key by key. */
export function drainOf(options: { drain?: boolean } | undefined): boolean {
  if (options === undefined) return true;
  const known = typeof options === 'object' && options !== null && hasDrainAlone(options);
  const { drain } = known ? options : checkOptions<{ drain?: boolean }>(options, 'options', ['drain']);
  return drain === false ? false : checkFlag(drain, 'options.drain', true);
}
