import type { Identity } from '../storage/inode-id.js';
import type { Region } from './region.js';

/**
 * An event of a lease or a watch. `detail` is milliseconds for 'break', and the mask of inotify(7) for 'hint'.
 * 'unfenced': the lease is due, and the end of a registration is not confirmed, so regions, locks and lease stay.
 * `detail` is the negative errno of the provider; 1: the kernel has taken the lease.
 */
export type LeaseNotice = 'break' | 'ended' | 'intact' | 'hint' | 'unfenced';

/**
 * Leases and watches, whose events the kernel sends. One thread of the process receives them, even while this thread is
 * blocked. It passes each on to this thread, in a later turn of the event loop. They do not keep the process alive.
 */
export interface LeaseEvents {
  /** Sets the one listener of this thread. Called once. */
  listen(listener: (notice: LeaseNotice, id: number, detail: number) => void): void;
  /**
   * F_SETLEASE F_WRLCK. After a 'break' (an open waits for the lease) the native thread ends the lease within `grace`
   * milliseconds: 'ended'.
   *
   * @returns the number of the lease. @throws EAGAIN, EACCES, ...
   */
  lease(fd: number, dev: Identity, ino: Identity, grace: number, path?: string): number;
  /** Ends the lease. A waiting open continues at once. */
  releaseLease(id: number): void;
  /** The kernel still has the lease, and no open waits for it. */
  isLeaseHeld(id: number): boolean;
  /** The native thread fences the region before it ends the lease. @returns the number of the range. */
  fenceOnLeaseEnd(id: number, region: Region): number;
  /**
   * Undoes fenceOnLeaseEnd(), also for a closed region.
   * @returns false: the region is fenced already, or is being fenced.
   */
  unregisterFence(id: number, range: number): boolean;
  /**
   * The native thread ends the registrations of the region before it ends the lease. The pages stay.
   *
   * @returns false: the lease has ended or is ending, perhaps without a look at them.
   */
  revokeOnLeaseEnd(id: number, region: Region): boolean;
  /**
   * If true, the native thread also drops the locks of the seal protocol when it ends the lease. Default: false.
   *
   * @returns false: the lease has ended, or is ending.
   */
  locksEndWithLease(id: number, yields: boolean): boolean;
  /** A thread of this process has a lease on the inode: an open would break it. No system call. */
  isLeased(dev: Identity, ino: Identity): boolean;
  readonly anyLease: boolean;
  /** Watches the inode behind `fd` for changes: inotify(7). @returns the number of the watch. */
  watch(fd: number, path?: string): number;
  unwatch(id: number): void;
}
