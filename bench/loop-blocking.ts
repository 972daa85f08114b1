import { performance } from 'node:perf_hooks';
import { median } from './statistics.js';
import { nanoseconds, loopTurn } from './trial.js';

/** How long an asynchronous operation keeps the event loop from everything else, in nanoseconds; medians. */
export interface BlockingTimes {
  /** Until the call returned. */
  readonly asyncCall: number;
  /** From the call until its promise was heard, without the time in which the loop had nothing to do. */
  readonly asyncWhole: number;
}

/** @param prepare - readies the operation that it returns; not timed. */
export async function measureBlocking(
  count: number,
  prepare: (index: number) => () => Promise<void>,
): Promise<BlockingTimes> {
  const calls: number[] = [];
  const wholes: number[] = [];
  for (let index = 0; index < count; index++) {
    const operation = prepare(index);
    await loopTurn(); // the loop comes from its poll, as in a server
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
