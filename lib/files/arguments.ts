import type { PathLike } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { invalidType, invalidValue, outOfRange } from '../core/errors.js';
import { isUint8Array, isUrl } from '../core/foreign.js';
import { checkSize } from '../core/range.js';
import { plainBytes } from '../core/write-arguments.js';

const MOST_DESCRIPTORS = 2 ** 31 - 1;
const MODES = 0o7777;

/** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
export function checkDescriptor(value: unknown, name = 'fd'): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'a file descriptor, of type number', value);
  if (!Number.isInteger(value) || value < 0 || value > MOST_DESCRIPTORS)
    throw outOfRange(name, `a file descriptor, an integer >= 0 and <= ${MOST_DESCRIPTORS}`, value);
}

/** @returns the path, of a URL its path. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; what Node throws for a URL that is no file. */
export function checkPath(value: unknown, name = 'path'): string | Buffer {
  const given = isUrl(value) ? fileURLToPath(value) : value;
  const path = isUint8Array(given) ? Buffer.from(given) : given; // a copy: nobody changes it after the check
  if (typeof path !== 'string' && !Buffer.isBuffer(path))
    throw invalidType(name, 'a path: of type string, or an instance of Buffer, Uint8Array or URL', value);
  if (path.includes('\0')) throw invalidValue(name, 'must be a path without null bytes', value);
  return path;
}

/** A number for the kernel to judge: a safe integer, negative ones too. */
export function checkInteger(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!Number.isSafeInteger(value)) throw outOfRange(name, 'an integer >= -(2 ** 53 - 1) and <= 2 ** 53 - 1', value);
}

/** Bits of an int of C's. */
export function checkBits(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!Number.isInteger(value) || value < 0 || value > MOST_DESCRIPTORS)
    throw outOfRange(name, `an integer >= 0 and <= ${MOST_DESCRIPTORS}`, value);
}

/** Permissions of a file to be made. */
export function checkMode(value: unknown, name = 'mode'): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!Number.isInteger(value) || value < 0 || value > MODES)
    throw outOfRange(name, 'an integer >= 0 and <= 0o7777', value);
}

/**
 * The bytes of a buffer as they are at this moment, whatever it says of itself: node:fs believes a `byteLength` that is too large, and aborts
 * the process.
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
