import type { PathLike } from 'node:fs';
import { invalidType, outOfRange } from '../core/errors.js';
import { checkSize, plainZero } from '../core/validators.js';
import { plainBytes } from '../core/write-arguments.js';

/**
 * The bytes of a buffer at this moment. The properties of the buffer are not trusted: node:fs believes a `byteLength`
 * that is too large, and aborts the process.
 *
 * @throws ERR_INVALID_ARG_TYPE, also for a detached DataView.
 */
export function checkedBytes(value: unknown): Uint8Array {
  if (!ArrayBuffer.isView(value)) throw invalidType('buffer', 'an instance of Buffer, TypedArray or DataView', value);
  try {
    return plainBytes(value);
  } catch {
    throw invalidType('buffer', 'a view of memory that is still there (this one is detached)', value);
  }
}

/** A part of a buffer, and the position in the file where it is written. */
export interface WritePart {
  readonly offset: number;
  readonly length: number;
  readonly position: number | null;
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE: as write() of node:fs. */
export function checkWritePart(buffer: Uint8Array, offset: unknown, length: unknown, position: unknown): WritePart {
  const from = offset ?? 0;
  checkSize(from, 'offset');
  if (from > buffer.byteLength) throw outOfRange('offset', `<= ${buffer.byteLength}, the length of the buffer`, from);
  const left = buffer.byteLength - from;
  const bytes = length ?? left;
  checkSize(bytes, 'length');
  if (bytes > left) throw outOfRange('length', `<= ${left}, the bytes of the buffer after offset ${from}`, bytes);
  const at = position ?? null;
  if (at !== null) checkSize(at, 'position');
  return { offset: plainZero(from), length: plainZero(bytes), position: at === null ? null : plainZero(at) };
}

/** A target is a descriptor or a path. */
export function isPath(target: PathLike | number): target is PathLike {
  return typeof target !== 'number';
}
