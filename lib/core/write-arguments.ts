import { checkOptions } from './check-options.js';
import { checkFlag } from './validators.js';
import { isTypedArray, isUint8Array } from 'node:util/types';
import { invalidType } from './errors.js';
import { isGone } from './view-state.js';

const typedArray: unknown = Object.getPrototypeOf(Uint8Array.prototype);

// The getters of the language itself, captured at load. A subclass or an own property of the object may return any
// value.
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
 * The real length at this moment; a subclass or an own property cannot change the answer. Over a growable
 * SharedArrayBuffer another thread may make it longer at any time, so a check and the copy after it must use one and
 * the same answer.
 */
export function byteLengthOf(bytes: Uint8Array): number {
  return intrinsic.call(bytes);
}

/**
 * The memory of a view as a plain Uint8Array, without a copy. Its length does not change when the memory grows.
 *
 * @param length - in bytes. Default: the present length of the view.
 * @throws TypeError, RangeError without a code if the view has lost its memory.
 */
export function plainBytes(view: ArrayBufferView, length?: number): Uint8Array {
  const { buffer, byteOffset, byteLength } = intrinsics[isTypedArray(view) ? 0 : 1] as (typeof intrinsics)[number];
  return new Uint8Array(buffer(view), byteOffset(view), length ?? byteLength(view));
}

/**
 * Checks the source of a write and returns its bytes, without a copy.
 *
 * @throws ERR_INVALID_ARG_TYPE, also for a detached view.
 */
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

/** True if `drain` is an own property and the only one. */
function hasDrainAlone(options: object): boolean {
  for (const key in options) if (key !== 'drain') return false;
  return Object.hasOwn(options, 'drain') && !Array.isArray(options);
}

/** The option `drain` of a write; default true. This runs for each record, so the usual object skips checkOptions(). */
export function drainOf(options: { drain?: boolean | undefined } | undefined): boolean {
  if (options === undefined) return true;
  const known = typeof options === 'object' && options !== null && hasDrainAlone(options);
  const { drain } = known ? options : checkOptions<{ drain?: boolean }>(options, 'options', ['drain']);
  return drain === false ? false : checkFlag(drain, 'options.drain', true);
}
