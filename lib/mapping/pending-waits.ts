import type { RunningWait, WaitResult } from '../backend/shared-words.js';
import { AbortListeners } from '../core/abort-listeners.js';

/** One call of waitAsync() that waits. */
interface PendingWait {
  readonly offset: number;
  readonly running: RunningWait;
  readonly reject: (error: unknown) => void;
}

/** The calls of waitAsync() that wait in this thread. Each keeps its mapping alive. */
class PendingWaits {
  private readonly owners = new Map<object, Set<PendingWait>>();
  private readonly aborts = new AbortListeners<PendingWait>((wait, reason) => this.cancel(wait, reason));

  /** Resolves with the result of the wait. Rejects with the reason of the signal, or with the error of drop(). */
  add(owner: object, offset: number, running: RunningWait, signal: AbortSignal | undefined): Promise<WaitResult> {
    return new Promise<WaitResult>((resolve, reject) => {
      const wait = { offset, running, reject };
      this.waitsOf(owner).add(wait);
      if (signal !== undefined) this.aborts.add(signal, wait);
      const end = (): void => this.remove(owner, wait, signal);
      running.result.finally(end).then((result) => {
        if (result !== undefined) resolve(result); // a cancelled one was rejected
      }, reject);
    });
  }

  private waitsOf(owner: object): Set<PendingWait> {
    const waits = this.owners.get(owner) ?? new Set<PendingWait>();
    this.owners.set(owner, waits);
    return waits;
  }

  private remove(owner: object, wait: PendingWait, signal: AbortSignal | undefined): void {
    const waits = this.owners.get(owner);
    waits?.delete(wait);
    if (waits?.size === 0) this.owners.delete(owner);
    if (signal !== undefined) this.aborts.delete(signal, wait);
  }

  private cancel({ running, reject }: PendingWait, error: unknown): void {
    if (running.cancel()) reject(error);
  }

  /**
   * Rejects waiting calls of `owner`.
   *
   * @param errorFor - called for each; undefined: the call at that offset goes on.
   */
  drop(owner: object, errorFor: (offset: number) => Error | undefined): void {
    for (const wait of this.owners.get(owner) ?? []) {
      const error = errorFor(wait.offset);
      if (error !== undefined) this.cancel(wait, error);
    }
  }
}

export const pendingWaits = new PendingWaits();
