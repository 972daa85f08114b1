import { throwIfAborted } from './validators.js';
import { setTimeout as timer } from 'node:timers/promises';

/**
 * Work that is written once for both forms, blocking and not: a generator that yields system calls. {@link runSync}
 * makes them on this thread, {@link runAsync} makes them off the main thread.
 */
export type Operation<T> = Generator<Call, T, void>;

/** A call in both forms. Each form keeps its result for the generator. */
export interface Call {
  now(): void;
  later(): Promise<void>;
}

/** Yields one call, and returns its result. */
export function* call<T>(now: () => T, later: () => Promise<T>): Operation<T> {
  const results: T[] = [];
  yield {
    now: () => void results.push(now()),
    later: async () => void results.push(await later()),
  };
  return results[0] as T;
}

/** A call with one form only, which is quick enough for the event loop. */
export function quickCall<T>(operation: () => T): Operation<T> {
  return call(operation, async () => operation());
}

/** A call without a blocking form: runSync() throws. */
export function asyncOnlyCall<T>(start: () => Promise<T>): Operation<T> {
  return call(() => {
    throw new Error('this call can only be awaited');
  }, start);
}

/** Makes every call on this thread. */
export function runSync<T>(operation: Operation<T>): T {
  let next = operation.next();
  while (next.done !== true) {
    let failed: { error: unknown } | undefined;
    try {
      next.value.now();
    } catch (error) {
      failed = { error };
    }
    next = failed === undefined ? operation.next() : operation.throw(failed.error);
  }
  return next.value;
}

/**
 * Makes every call off the main thread. An abort is noticed before each call, and thrown into the generator, which
 * cleans up.
 */
export async function runAsync<T>(operation: Operation<T>, signal?: AbortSignal): Promise<T> {
  let next = operation.next();
  while (next.done !== true) {
    let failed: { error: unknown } | undefined;
    try {
      throwIfAborted(signal);
      await next.value.later();
    } catch (error) {
      failed = { error };
    }
    next = failed === undefined ? operation.next() : operation.throw(failed.error);
  }
  return next.value;
}

const neverNotified = new Int32Array(new SharedArrayBuffer(4));

/** Waits. The synchronous form blocks the thread. */
export function* sleep(milliseconds: number): Operation<void> {
  yield* call(
    () => void Atomics.wait(neverNotified, 0, 0, milliseconds),
    () => timer(milliseconds),
  );
}
