import type { PathLike } from 'node:fs';
import { invalidType, outOfRange } from '../core/errors.js';
import { checkSize } from '../core/validators.js';
import { plainBytes } from '../core/write-arguments.js';

/**
 * The bytes of a buffer as they are at this moment, whatever it says of itself: node:fs believes a `byteLength` that is
 * too large, and aborts the process.
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

/** What part of a buffer is written, and where to. */
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
  if (bytes > left) throw outOfRange('length', `<= ${left}, what the buffer has after offset ${from}`, bytes);
  const at = position ?? null;
  if (at !== null) checkSize(at, 'position');
  return { offset: from, length: bytes, position: at };
}

/** A file: the number of it, or where it is. */
export function isPath(target: PathLike | number): target is PathLike {
  return typeof target !== 'number';
}
