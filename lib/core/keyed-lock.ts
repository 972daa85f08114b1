import { call, type Operation } from './sync-or-async.js';

/** The locks that are held, by key. Each promise resolves when the lock is released. */
export type KeyedLocks = Map<string, Promise<void>>;

/**
 * Acquires the lock of a key. In the asynchronous form it waits until the lock is free. The synchronous form cannot
 * wait: `busy` throws.
 *
 * @returns a function that releases the lock.
 */
export function* acquireKey(locks: KeyedLocks, key: string, busy: () => never): Operation<() => void> {
  for (let held = locks.get(key); held !== undefined; held = locks.get(key)) {
    const released = held;
    yield* call<void>(busy, () => released);
  }
  let release = (): void => undefined;
  locks.set(
    key,
    new Promise((resolve) => {
      release = resolve;
    }),
  );
  return () => {
    locks.delete(key);
    release();
  };
}
