import type { LeaseEvents } from '../backend/lease-events.js';
import type { OpenFile } from '../backend/open-file.js';
import type { Region } from '../backend/region.js';
import { forgetLease, onLease, takeLease } from './lease-listener.js';

/** The notices of a lease. */
export interface LeaseListener {
  /** An open(2) waits for the lease, which ends in `deadline` milliseconds. */
  onBreak(deadline: number): void;
  /** No open waits any more, and the lease is intact. */
  onIntact(): void;
  /** The lease was ended at its deadline, by the native thread. */
  onEnd(): void;
  /** The lease is due, and the end of a registration is not confirmed. `isTaken`: the kernel has ended the lease. */
  onUnfenced(isTaken: boolean): void;
}

/** The lease on a sealed file, and the regions that its end fences. */
export class InodeLease {
  /** The number of each holder's region, from fenceOnLeaseEnd(). */
  private readonly regions = new Map<object, number>();
  /** How many holders each region has: all seals of one mapping have the same. */
  private readonly users = new Map<number, number>();
  private breaking = false;

  private constructor(
    private readonly events: LeaseEvents,
    private readonly id: number,
  ) {}

  /** @param grace - milliseconds that an open waits for at most. @throws the errno of F_SETLEASE. */
  static take(events: LeaseEvents, { fd, dev, ino }: OpenFile, path: string | undefined, grace: number): InodeLease {
    const id = takeLease(events, () => events.lease(fd, dev, ino, grace, path));
    return new InodeLease(events, id);
  }

  /** The kernel still has the lease, and no open waits for it. */
  get isIntact(): boolean {
    return this.events.isLeaseHeld(this.id);
  }

  /** A break was announced, and the lease has neither ended nor become intact since. */
  get isBreaking(): boolean {
    return this.breaking;
  }

  /** Calls the listener until release() or forget(). Earlier notices come in a later turn of the loop. */
  listen(listener: LeaseListener): void {
    onLease(this.id, (notice, detail) => {
      this.breaking = notice === 'break' || notice === 'unfenced';
      if (notice === 'break') listener.onBreak(detail);
      else if (notice === 'unfenced') listener.onUnfenced(detail > 0);
      else if (notice === 'ended') listener.onEnd();
      else listener.onIntact();
    });
  }

  /**
   * Whether the native thread drops the locks of the seal when it ends the lease.
   *
   * @returns false: the lease has ended or is ending.
   */
  locksEndWithLease(isBreakable: boolean): boolean {
    return this.events.locksEndWithLease(this.id, isBreakable);
  }

  /** The end of the lease fences the region, even if this thread is blocked then. */
  fenceOnEnd(holder: object, region: Region): void {
    const number = this.events.fenceOnLeaseEnd(this.id, region);
    this.regions.set(holder, number);
    this.users.set(number, (this.users.get(number) ?? 0) + 1);
  }

  /** The end of the lease ends the registrations of the region first. @returns false: it may have missed them. */
  revokeOnEnd(region: Region): boolean {
    return this.events.revokeOnLeaseEnd(this.id, region);
  }

  /** Takes fenceOnEnd() back. @returns false: the region is fenced already, or is being fenced. */
  unregisterFence(holder: object): boolean {
    const number = this.regions.get(holder);
    if (number === undefined) return true;
    this.regions.delete(holder);
    const left = (this.users.get(number) ?? 0) - 1;
    this.users.set(number, left);
    if (left > 0) return true;
    this.users.delete(number);
    return this.events.unregisterFence(this.id, number);
  }

  /** The lease has ended: no notice of it follows. */
  forget(): void {
    forgetLease(this.id);
  }

  /** Ends the lease: waiting opens go on. */
  release(): void {
    this.forget();
    this.events.releaseLease(this.id);
  }
}
