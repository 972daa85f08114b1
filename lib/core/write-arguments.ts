import { checkOptions } from './check-options.js';
import { checkFlag } from './validators.js';
import { isTypedArray, isUint8Array } from 'node:util/types';
import { invalidType } from './errors.js';
import { isGone } from './view-state.js';

const typedArray: unknown = Object.getPrototypeOf(Uint8Array.prototype);

// Taken now from where the language keeps them: a subclass, or a property of the object's own, may say anything.
function getterOf<T>(prototype: unknown, name: string): (view: ArrayBufferView) => T {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name) as { get: () => T };
  return (view) => get.call(view);
}

const intrinsics = [typedArray, DataView.prototype].map((prototype) => ({
  buffer: getterOf<ArrayBufferLike>(prototype, 'buffer'),
  byteOffset: getterOf<number>(prototype, 'byteOffset'),
  byteLength: getterOf<number>(prototype, 'byteLength'),
}));
const intrinsic = (Object.getOwnPropertyDescriptor(typedArray, 'byteLength') as { get: () => number }).get;

/**
 * How long it is at this moment, whatever a subclass or a property of its own says. Over a growable SharedArrayBuffer another
 * thread may make it longer at any time: ask once, and hand the number on.
 */
export function byteLengthOf(bytes: Uint8Array): number {
  return intrinsic.call(bytes);
}

/**
 * The memory of a view as a plain Uint8Array, without a copy. Its length stays the same when the memory grows.
 *
 * @param length - Of the new one. Default: what the view has now.
 * @throws TypeError, RangeError without a code when the memory is not there (any more).
 */
export function plainBytes(view: ArrayBufferView, length?: number): Uint8Array {
  const { buffer, byteOffset, byteLength } = intrinsics[isTypedArray(view) ? 0 : 1] as (typeof intrinsics)[number];
  return new Uint8Array(buffer(view), byteOffset(view), length ?? byteLength(view));
}

/** Checks a source of bytes and gives them as bytes, without a copy. @throws TypeError ERR_INVALID_ARG_TYPE, also for a detached one. */
export function sourceBytes(source: unknown): Uint8Array {
  if (isUint8Array(source) && byteLengthOf(source) !== 0) return source;
  if (!ArrayBuffer.isView(source)) throw invalidType('source', 'a Buffer, TypedArray or DataView', source);
  if (isGone(source))
    throw invalidType(
      'source',
      'a view of memory that is still there (this one is detached, or out of the bounds of its buffer)',
      source,
    );
  return plainBytes(source);
}

/** `drain` is its own, and there is nothing else. */
function hasDrainAlone(options: object): boolean {
  for (const key in options) if (key !== 'drain') return false;
  return Object.hasOwn(options, 'drain') && !Array.isArray(options);
}

/** The option `drain` of a write; default true. Called for each record, so the usual object is not listed key by key. */
export function drainOf(options: { drain?: boolean | undefined } | undefined): boolean {
  if (options === undefined) return true;
  const known = typeof options === 'object' && options !== null && hasDrainAlone(options);
  const { drain } = known ? options : checkOptions<{ drain?: boolean }>(options, 'options', ['drain']);
  return drain === false ? false : checkFlag(drain, 'options.drain', true);
}
