import { clearTimeout, setTimeout } from 'node:timers';

/** One break under way: it ends when the last holder lets go, at the latest at its deadline. Measured on the monotonic clock. */
export class Breaking {
  readonly done: Promise<void>;
  private finish = (): void => undefined;
  private timer: NodeJS.Timeout | undefined;
  private due = Infinity;

  /** @param atDeadline - makes the holders let go. */
  constructor(private readonly atDeadline: () => void) {
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  /** Milliseconds that are left. */
  get left(): number {
    return Math.max(0, Math.round(this.due - performance.now()));
  }

  /** Whoever joins can make it sooner, never later. */
  within(milliseconds: number): void {
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
}
