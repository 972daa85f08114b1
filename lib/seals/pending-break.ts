import { clearTimeout, setTimeout } from 'node:timers';

/**
 * A pending break request. It ends when the last holder has released, at the latest at its deadline (on the monotonic
 * clock).
 */
export class PendingBreak {
  readonly done: Promise<void>;
  private finish = (): void => undefined;
  private refuse: (error: Error) => void = () => undefined;
  private timer: NodeJS.Timeout | undefined;
  private due = Infinity;

  /** @param atDeadline - makes every holder give way. */
  constructor(private readonly atDeadline: () => void) {
    this.done = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.refuse = reject;
    });
  }

  /** Milliseconds until the deadline. */
  get left(): number {
    return Math.max(0, Math.round(this.due - performance.now()));
  }

  /** Sets the deadline. A request that joins can make it earlier, never later. */
  endWithin(milliseconds: number): void {
    const due = performance.now() + milliseconds;
    if (due >= this.due) return;
    this.due = due;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.atDeadline, milliseconds);
  }

  end(): void {
    clearTimeout(this.timer);
    this.finish();
  }

  /** The deadline has passed, and a holder could not give way. */
  fail(error: Error): void {
    clearTimeout(this.timer);
    this.refuse(error);
  }
}
