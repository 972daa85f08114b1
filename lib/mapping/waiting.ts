import type { SharedWords, WaitResult } from '../backend/shared-words.js';
import { GET_NATIVE } from '../backend/remedy.js';
import { checkOptions } from '../core/check-options.js';
import { errno, outOfRange, systemError } from '../core/errors.js';
import { checkRange } from '../core/range.js';
import { checkInteger, checkNumber, checkSignal, throwIfAborted } from '../core/validators.js';
import { pendingWaits } from './pending-waits.js';
import type { MappingResources } from './resources.js';

const WORD = 4;
const MOST_WAITERS = 2 ** 31 - 1;

/** While it blocks, a thread wakes up so often: only then can worker.terminate() end it. */
const SLICE = 100;

/** Options of {@link Mapping.waitAsync}. */
export interface WaitOptions {
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

function checkWordOffset(offset: unknown, size: number): asserts offset is number {
  checkRange(offset as number, WORD, size);
  if ((offset as number) % WORD !== 0) throw outOfRange('offset', `a multiple of ${WORD}`, offset);
}

/** @returns the value as Int32Array has it. */
function checkExpected(expected: unknown): number {
  checkInteger(expected, 'expected', -(2 ** 31), 2 ** 32 - 1);
  return expected | 0;
}

/** Milliseconds >= 0. As with Atomics.wait(), undefined is Infinity, and a negative number is 0. */
function checkTimeout(timeout: unknown, name: string): number {
  if (timeout === undefined) return Infinity;
  checkNumber(timeout, name);
  if (Number.isNaN(timeout)) throw outOfRange(name, 'a number of milliseconds', timeout);
  return Math.max(0, timeout);
}

/** As with Atomics.notify(), undefined is Infinity. */
function checkCount(count: unknown): number {
  if (count === undefined || count === Infinity) return MOST_WAITERS;
  checkInteger(count, 'count', 0);
  return Math.min(count, MOST_WAITERS);
}

function noWords({ backend, path }: MappingResources): Error {
  const reason =
    backend.kind === 'emulated'
      ? `the emulation shares its memory with no other process and no other thread; ${GET_NATIVE}`
      : "a private mapping shares its memory with no other process; map the file with access: 'write'";
  return systemError(errno.EOPNOTSUPP, 'futex', path, reason);
}

/** The words of the mapping, after the check of the offset. @throws EOPNOTSUPP. */
function wordsAt(resources: MappingResources, method: string, offset: unknown): SharedWords {
  const region = resources.liveRegion(method);
  checkWordOffset(offset, region.length);
  const { words } = region;
  if (words === undefined) throw noWords(resources);
  return words;
}

/** Mapping.wait(). `check`: throws if the memory of the mapping is not that of the file any more. */
export function wait(
  resources: MappingResources,
  offset: number,
  expected: number,
  timeout: number | undefined,
  check: () => void,
): WaitResult {
  const words = wordsAt(resources, 'wait', offset);
  const value = checkExpected(expected);
  const end = performance.now() + checkTimeout(timeout, 'timeout');
  for (let isFirst = true; ; isFirst = false) {
    const left = Math.max(0, end - performance.now());
    const result = words.wait(offset, value, Math.min(left, SLICE));
    if (result === 'ok') return 'ok';
    if (result === 'not-equal') return isFirst ? 'not-equal' : 'ok'; // the notify() may have come between two slices
    if (result === 'timed-out' && left <= SLICE) return 'timed-out';
    check();
  }
}

/** Mapping.waitAsync(). `owner`: the mapping. */
export async function waitAsync(
  owner: object,
  resources: MappingResources,
  offset: number,
  expected: number,
  options: WaitOptions | undefined,
): Promise<WaitResult> {
  resources.liveRegion('waitAsync');
  const { signal, timeout } = checkOptions<WaitOptions>(options, 'options', ['timeout', 'signal']);
  const value = checkExpected(expected);
  const milliseconds = checkTimeout(timeout, 'options.timeout');
  checkSignal(signal);
  throwIfAborted(signal);
  const words = wordsAt(resources, 'waitAsync', offset); // after the options: a getter may close the mapping
  const running = words.waitAsync(offset, value, milliseconds);
  return running === 'not-equal' ? running : pendingWaits.add(owner, running, signal);
}

/** Mapping.notify(). */
export function notify(resources: MappingResources, offset: number, count: number | undefined): number {
  const words = wordsAt(resources, 'notify', offset);
  const most = checkCount(count);
  return most === 0 ? 0 : words.notify(offset, most); // futex(2) takes 0 for 1
}
