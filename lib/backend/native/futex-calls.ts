/** The exports of src-native/futex/futex_exports.cc. addon.ts says what holds for all of them. */
export interface FutexCalls {
  /** 1: the kernel has futex_waitv(2), Linux 5.16, and no filter refuses it. */
  futexHasWaitAny(): number;
  /**
   * Blocks this thread while the word has the value `expected`. `microseconds` -1: without end. 0: woken, perhaps
   * without a reason. -EAGAIN: the word has another value. -ETIMEDOUT. -EINTR: a signal handler ran.
   */
  futexWait(slot: number, offset: number, expected: number, microseconds: number): number;
  /**
   * futexWait() on another thread, of which there are at most `threads`, each for at most `perThread` calls (at most
   * 127; 1: without futex_waitv(2)). A number: the call ended at once. The promise: -EAGAIN: there is no room for the
   * call, or no thread could be started. -ECANCELED. 0: woken, or the word has changed. Register 0: an id, > 0 and
   * never used again.
   */
  futexWaitAsync(
    slot: number,
    offset: number,
    expected: number,
    microseconds: number,
    perThread: number,
    threads: number,
  ): Promise<number> | number;
  /** 1: the promise will be of -ECANCELED. 0: the call has another result already. */
  futexCancel(id: number): number;
  /** Wakes at most `count` waiters of the word, > 0, in all processes, and returns their number. */
  futexWake(slot: number, offset: number, count: number): number;
}
