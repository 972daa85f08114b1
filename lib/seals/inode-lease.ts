import type { LeaseEvents, LeaseNotice } from '../backend/lease-events.js';
import type { Region } from '../backend/region.js';
import type { OpenFile } from '../backend/open-file.js';
import { forgetLease, onLease, takeLease } from './lease-listener.js';

/** The lease on a sealed file, and what happens with it when it is let go by itself. */
export class InodeLease {
  /** Numbers of fenceOnLeaseEnd(). */
  private readonly ranges = new Map<object, number>();
  /** How many seals each of them is for: all seals of one mapping have the same. */
  private readonly users = new Map<number, number>();

  private constructor(
    private readonly bells: LeaseEvents,
    private readonly id: number,
  ) {}

  /** @param grace - of the first who waits, in milliseconds. @throws what F_SETLEASE says. */
  static take(bells: LeaseEvents, { fd, dev, ino }: OpenFile, path: string | undefined, grace: number): InodeLease {
    return new InodeLease(
      bells,
      takeLease(bells, () => bells.lease(fd, dev, ino, grace, path)),
    );
  }

  /** The kernel still has it, and nobody waits. */
  get isWhole(): boolean {
    return this.bells.isLeaseHeld(this.id);
  }

  /** Until release() or forget(); of what came before in a later turn of the loop. */
  listen(listener: (notice: LeaseNotice, detail: number) => void): void {
    onLease(this.id, listener);
  }

  /** Whether the locks of the seal go with it. @returns false: it is gone, or going. */
  yields(whether: boolean): boolean {
    return this.bells.locksEndWithLease(this.id, whether);
  }

  /** Nothing of the region reaches the file once it is let go by itself, even if this thread is blocked then. */
  protect(holder: object, region: Region): void {
    const range = this.bells.fenceOnLeaseEnd(this.id, region);
    this.ranges.set(holder, range);
    this.users.set(range, (this.users.get(range) ?? 0) + 1);
  }

  /** Takes protect() back. @returns false: it was cut off already, or is just being. */
  spare(holder: object): boolean {
    const range = this.ranges.get(holder);
    if (range === undefined) return true;
    this.ranges.delete(holder);
    const left = (this.users.get(range) ?? 0) - 1;
    this.users.set(range, left);
    if (left > 0) return true;
    this.users.delete(range);
    return this.bells.unregisterFence(this.id, range);
  }

  /** It is gone. */
  forget(): void {
    forgetLease(this.id);
  }

  /** Whoever waits is let in. */
  release(): void {
    this.forget();
    this.bells.releaseLease(this.id);
  }
}
