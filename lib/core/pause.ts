import { setTimeout as sleep } from 'node:timers/promises';
import { step, type Steps } from './sync-or-async.js';

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Waits; blocks the thread in the synchronous form. */
export function* pause(milliseconds: number): Steps<void> {
  yield* step(
    () => void Atomics.wait(nobody, 0, 0, milliseconds),
    () => sleep(milliseconds),
  );
}
