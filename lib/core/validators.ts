import { fileURLToPath } from 'node:url';
import { invalidType, invalidValue, outOfRange } from './errors.js';
import { isAbortSignal, isUint8Array, isUrl } from './foreign.js';
import type { Progress } from './progress.js';

const { MAX_SAFE_INTEGER } = Number;
const MAX_INT = 2 ** 31 - 1;

/** "'a', 'b' or 'c'" */
export function formatList(words: readonly string[]): string {
  const quoted = words.map((word) => `'${word}'`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE unless `value` is one of `words`. */
export function checkOneOf<W extends string>(value: unknown, name: string, words: readonly W[]): W {
  if (typeof value !== 'string') throw invalidType(name, `one of ${formatList(words)}`, value);
  const found = words.find((word) => word === value);
  if (found === undefined) throw invalidValue(name, `must be ${formatList(words)}`, value);
  return found;
}

/** A boolean, or the fallback for undefined. Truthy values are refused. @throws ERR_INVALID_ARG_TYPE. */
export function checkFlag(value: unknown, name: string, fallback = false): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw invalidType(name, 'of type boolean', value);
  return value;
}

/** @throws ERR_INVALID_ARG_TYPE. */
export function checkNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
}

/** @throws ERR_INVALID_ARG_TYPE. */
export function checkString(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value);
}

function formatBound(bound: number): string {
  if (Math.abs(bound) !== MAX_SAFE_INTEGER) return String(bound);
  return bound > 0 ? '2 ** 53 - 1' : '-(2 ** 53 - 1)';
}

/** A safe integer from `least` to `most`. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
export function checkInteger(
  value: unknown,
  name: string,
  least = -MAX_SAFE_INTEGER,
  most = MAX_SAFE_INTEGER,
): asserts value is number {
  checkNumber(value, name);
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw outOfRange(name, `an integer >= ${formatBound(least)} and <= ${formatBound(most)}`, value);
}

/**
 * The same number, with 0 for -0. The checks here accept -0, and node:fs ends the process for it: Node 20 and 22 as the
 * mode or the flags of an open, Node 24 and 26 as the length of a write.
 */
export function plainZero(value: number): number {
  return value + 0;
}

/** A number of bytes, or a position: an integer from 0 to 2^53 - 1. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
export function checkSize(value: unknown, name: string): asserts value is number {
  checkInteger(value, name, 0);
}

/** As {@link checkSize}, and not 0. */
export function checkPositiveSize(value: unknown, name: string): asserts value is number {
  checkSize(value, name);
  if (value === 0) throw outOfRange(name, '> 0', value);
}

/** The bits of a C int, without the sign bit. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
export function checkBits(value: unknown, name: string): asserts value is number {
  checkInteger(value, name, 0, MAX_INT);
}

/** Permissions of a new file. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
export function checkMode(value: unknown, name = 'mode'): asserts value is number {
  checkNumber(value, name);
  if (!Number.isInteger(value) || value < 0 || value > 0o7777)
    throw outOfRange(name, 'an integer >= 0 and <= 0o7777', value);
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
export function checkDescriptor(value: unknown, name = 'fd'): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'a file descriptor, of type number', value);
  if (!Number.isInteger(value) || value < 0 || value > MAX_INT)
    throw outOfRange(name, `a file descriptor, an integer >= 0 and <= ${MAX_INT}`, value);
}

/**
 * As {@link checkDescriptor}; -1 passes: a closed FileHandle has it, and the system call answers EBADF.
 *
 * @throws ERR_INVALID_ARG_VALUE.
 */
export function checkDescriptorOrClosed(value: number, name: string): void {
  if (!Number.isInteger(value) || value < -1 || value > MAX_INT)
    throw invalidValue(name, `must be a file descriptor, an integer from 0 to ${MAX_INT}`, value);
}

/** A null byte would end the path early. @throws ERR_INVALID_ARG_VALUE. */
export function checkNoNullByte(path: string | Buffer, name: string): void {
  if (path.includes('\0')) throw invalidValue(name, 'must be a path without null bytes', path);
}

/**
 * A path of node:fs. An empty one passes: the system call answers ENOENT.
 *
 * @returns the path; of a URL its path; of bytes a copy, which no one can change after the check.
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; the error of Node for a URL that is not of a file.
 */
export function checkPath(value: unknown, name = 'path'): string | Buffer {
  const given = isUrl(value) ? fileURLToPath(value) : value;
  const path = isUint8Array(given) ? Buffer.from(given) : given;
  if (typeof path !== 'string' && !Buffer.isBuffer(path))
    throw invalidType(name, 'a path: of type string, or an instance of Buffer, Uint8Array or URL', value);
  checkNoNullByte(path, name);
  return path;
}

/** @throws ERR_INVALID_ARG_TYPE. */
export function checkProgress(onProgress: unknown): asserts onProgress is ((progress: Progress) => void) | undefined {
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw invalidType('options.onProgress', 'of type function', onProgress);
}

/** @throws ERR_INVALID_ARG_TYPE unless it is undefined or an AbortSignal. */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal !== undefined && !isAbortSignal(signal)) throw invalidType('options.signal', 'an AbortSignal', signal);
}

/** AbortSignal.throwIfAborted(), which the signals of other libraries may lack. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw (
      signal.reason ?? Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' })
    );
}
