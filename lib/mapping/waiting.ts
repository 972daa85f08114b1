import type { SharedWords, WaitResult } from '../backend/shared-words.js';
import { GET_NATIVE } from '../backend/remedy.js';
import { checkOptions } from '../core/check-options.js';
import { errno, outOfRange, systemError } from '../core/errors.js';
import { checkRange } from '../core/range.js';
import { checkInteger, checkNumber, checkSignal, throwIfAborted } from '../core/validators.js';
import { pendingWaits } from './pending-waits.js';
import type { MappingResources } from './resources.js';

/** The bytes of a word. */
export const WORD = 4;
const MOST_WAITERS = 2 ** 31 - 1;

/** While it blocks, a thread wakes up so often: only then can worker.terminate() end it. */
const SLICE = 100;

/** Options of {@link Mapping.waitAsync}. */
export interface WaitOptions {
  /** Milliseconds. Default: no limit. */
  timeout?: number | undefined;
  /** Ends the wait: the promise rejects with its reason. */
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

/** The mapping of a call, and its word. */
export interface WordCall {
  readonly owner: object;
  readonly resources: MappingResources;
  readonly offset: number;
  /** @throws ERR_MAPPING_FAULT: the word is lost. */
  readonly checkFaults: () => void;
}

/** The words of the mapping, after the check of the offset. @throws EOPNOTSUPP, ERR_MAPPING_FAULT. */
function wordsAt({ resources, offset, checkFaults }: WordCall, method: string): SharedWords {
  const region = resources.liveRegion(method);
  checkWordOffset(offset, region.length);
  const { words } = region;
  if (words === undefined) throw noWords(resources);
  checkFaults();
  return words;
}

/** Mapping.wait(). `check`: throws if the memory of the mapping is not that of the file any more. */
export function wait(call: WordCall, expected: number, timeout: number | undefined, check: () => void): WaitResult {
  const { offset } = call;
  const words = wordsAt(call, 'wait');
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

/** Mapping.waitAsync(). */
export async function waitAsync(
  call: WordCall,
  expected: number,
  options: WaitOptions | undefined,
): Promise<WaitResult> {
  const { owner, resources, offset } = call;
  resources.liveRegion('waitAsync');
  const { signal, timeout } = checkOptions<WaitOptions>(options, 'options', ['timeout', 'signal']);
  const value = checkExpected(expected);
  const milliseconds = checkTimeout(timeout, 'options.timeout');
  checkSignal(signal);
  throwIfAborted(signal);
  const words = wordsAt(call, 'waitAsync'); // after the options: a getter may close the mapping
  const running = words.waitAsync(offset, value, milliseconds);
  return running === 'not-equal' ? running : pendingWaits.add(owner, offset, running, signal);
}

/** Mapping.notify(). */
export function notify(call: WordCall, count: number | undefined): number {
  const words = wordsAt(call, 'notify');
  const most = checkCount(count);
  return most === 0 ? 0 : words.notify(call.offset, most); // futex(2) takes 0 for 1
}
