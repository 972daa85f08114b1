import { performance } from 'node:perf_hooks';
import { median } from './statistics.js';
import { nanoseconds, loopTurn } from './trial.js';

/** The time for which an asynchronous operation blocks the event loop: medians in nanoseconds. */
export interface BlockingTimes {
  /** From the call until it returned. */
  readonly asyncCall: number;
  /** From the call until the promise's handler ran, without the time for which the loop was idle. */
  readonly asyncWhole: number;
}

/** @param prepare - prepares and returns the operation; it is not timed. */
export async function measureBlocking(
  count: number,
  prepare: (index: number) => () => Promise<void>,
): Promise<BlockingTimes> {
  const calls: number[] = [];
  const wholes: number[] = [];
  for (let index = 0; index < count; index++) {
    const operation = prepare(index);
    await loopTurn(); // start in a new turn, right after the poll phase, as in a server
    let done = Promise.resolve();
    const before = performance.eventLoopUtilization();
    calls.push(
      nanoseconds(() => {
        done = operation();
      }),
    );
    await done;
    wholes.push(performance.eventLoopUtilization(before).active * 1e6);
  }
  return { asyncCall: median(calls), asyncWhole: median(wholes) };
}
