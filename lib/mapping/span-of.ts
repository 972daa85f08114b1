import { isAnyArrayBuffer } from 'node:util/types';
import { invalidType } from '../core/errors.js';
import { isGone } from '../core/view-state.js';
import { plainBytes } from '../core/write-arguments.js';

/** A range of an ArrayBuffer. */
export interface BufferSpan {
  readonly buffer: ArrayBufferLike;
  /** Bytes from the start of `buffer`. */
  readonly offset: number;
  readonly length: number;
}

/**
 * The range that a view or an ArrayBuffer shows; undefined: it has lost its memory.
 *
 * @throws ERR_INVALID_ARG_TYPE: `name` is the argument.
 */
export function spanOf(memory: unknown, name: string): BufferSpan | undefined {
  if (isAnyArrayBuffer(memory)) return wholeOf(memory);
  if (!ArrayBuffer.isView(memory))
    throw invalidType(name, 'a Buffer, TypedArray, DataView, ArrayBuffer or SharedArrayBuffer', memory);
  if (isGone(memory)) return undefined;
  const { buffer, byteOffset, byteLength } = plainBytes(memory); // an own property of the view may lie
  return { buffer, offset: byteOffset, length: byteLength };
}

function wholeOf(buffer: ArrayBufferLike): BufferSpan | undefined {
  try {
    return { buffer, offset: 0, length: new Uint8Array(buffer).byteLength };
  } catch {
    return undefined; // it was detached
  }
}
