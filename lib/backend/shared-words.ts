/** The end of a wait. */
export type WaitResult = 'ok' | 'not-equal' | 'timed-out';

/** A wait that runs. */
export interface RunningWait {
  /** undefined: it was cancelled. */
  readonly result: Promise<WaitResult | undefined>;
  /** @returns false: the result is known already, and `result` has it. */
  cancel(): boolean;
}

/**
 * Waiting for 32-bit words of a region, and waking those that wait: futex(2), across threads and processes. The caller
 * has checked that the word lies inside the region, and that its offset is a multiple of 4. Numbers of milliseconds are
 * >= 0; Infinity: without end. Methods throw system errors.
 */
export interface SharedWords {
  /**
   * Blocks this thread until the word is notified. 'not-equal': it had another value at once. undefined: a signal
   * handler ran.
   */
  wait(offset: number, expected: number, milliseconds: number): WaitResult | undefined;
  /** As wait(), without blocking. The region stays mapped until the wait has left the kernel. */
  waitAsync(offset: number, expected: number, milliseconds: number): RunningWait | 'not-equal';
  /** @returns the number of waiting calls that were woken, at most `count`. */
  notify(offset: number, count: number): number;
}
