import { call, type Operation } from './sync-or-async.js';

/** What is under way, by what it works on; each resolves when that has ended. */
export type KeyedLocks = Map<string, Promise<void>>;

/**
 * Waits until nothing with that key is under way; then it is our turn, until the returned function is called. In the
 * synchronous form, which cannot wait, `busy` throws.
 */
export function* acquireKey(turns: KeyedLocks, key: string, busy: () => never): Operation<() => void> {
  for (let other = turns.get(key); other !== undefined; other = turns.get(key)) {
    const ended = other;
    yield* call<void>(busy, () => ended);
  }
  let end = (): void => undefined;
  turns.set(
    key,
    new Promise((resolve) => {
      end = resolve;
    }),
  );
  return () => {
    turns.delete(key);
    end();
  };
}
