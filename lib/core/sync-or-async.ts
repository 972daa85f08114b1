import { throwIfAborted } from './validators.js';
import { setTimeout as timer } from 'node:timers/promises';

/**
 * Work that is the same whether it blocks or not: a generator of system calls that runNow() makes one after the other on
 * this thread, and runLater() off it.
 */
export type Operation<T> = Generator<Call, T, void>;

/** One call, both ways. Each keeps its result for the generator. */
export interface Call {
  now(): void;
  later(): Promise<void>;
}

/** Yields one call; returns its result. */
export function* call<T>(now: () => T, later: () => Promise<T>): Operation<T> {
  const results: T[] = [];
  yield {
    now: () => void results.push(now()),
    later: async () => void results.push(await later()),
  };
  return results[0] as T;
}

/** A call that has no other form, and is quick enough for the event loop. */
export function quickCall<T>(operation: () => T): Operation<T> {
  return call(operation, async () => operation());
}

/** A call that has no blocking form: runSync() throws. */
export function asyncOnlyCall<T>(start: () => Promise<T>): Operation<T> {
  return call(() => {
    throw new Error('this call can only be awaited');
  }, start);
}

/** Every step here, at once. */
export function runSync<T>(steps: Operation<T>): T {
  let next = steps.next();
  while (next.done !== true) {
    let failed: { error: unknown } | undefined;
    try {
      next.value.now();
    } catch (error) {
      failed = { error };
    }
    next = failed === undefined ? steps.next() : steps.throw(failed.error);
  }
  return next.value;
}

/** Every step off the main thread. An abort is heard between two steps, and thrown into the work so that it can clean up. */
export async function runAsync<T>(steps: Operation<T>, signal?: AbortSignal): Promise<T> {
  let next = steps.next();
  while (next.done !== true) {
    let failed: { error: unknown } | undefined;
    try {
      throwIfAborted(signal);
      await next.value.later();
    } catch (error) {
      failed = { error };
    }
    next = failed === undefined ? steps.next() : steps.throw(failed.error);
  }
  return next.value;
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Waits; blocks the thread in the synchronous form. */
export function* sleep(milliseconds: number): Operation<void> {
  yield* call(
    () => void Atomics.wait(nobody, 0, 0, milliseconds),
    () => timer(milliseconds),
  );
}
