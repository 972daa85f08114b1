import type { Identity } from '../storage/inode-id.js';
import type { Region } from './region.js';

/** What the native thread behind {@link LeaseEvents} tells of. `detail` is in milliseconds for 'break', inotify's mask for 'hint'. */
export type LeaseNotice = 'break' | 'ended' | 'intact' | 'hint';

/**
 * Leases and watches: what the kernel tells of on its own. One thread of the process receives it, also while this one is
 * blocked, and tells this one in a later turn of its loop. Nothing of it keeps the process alive.
 */
export interface LeaseEvents {
  /** Who hears of the notices of this thread; once. */
  listen(listener: (notice: LeaseNotice, id: number, detail: number) => void): void;
  /** F_SETLEASE F_WRLCK. From a 'break' (somebody waits) it is let go by itself after `grace` ms: 'ended'. @throws EAGAIN, EACCES, ... */
  lease(fd: number, dev: Identity, ino: Identity, grace: number, path?: string): number;
  /** Lets waiting openers in at once. */
  releaseLease(id: number): void;
  /** The kernel still has it, and nobody is breaking it. */
  isLeaseHeld(id: number): boolean;
  /** Before the lease is let go by itself, nothing of the region reaches the file any more. Returns the range's number. */
  fenceOnLeaseEnd(id: number, region: Region): number;
  /** Takes that back, also of a region that is closed. Returns false: it was cut off already, or is just being. */
  unregisterFence(id: number, range: number): boolean;
  /** Whether the locks of its description go with a lease that is let go by itself. At first not. Returns false: it is gone, or going. */
  locksEndWithLease(id: number, yields: boolean): boolean;
  /** Some thread of this process has a lease on it: opening it would ring. Asks no system call. */
  isLeased(dev: Identity, ino: Identity): boolean;
  readonly anyLease: boolean;
  /** Hints of changes to the inode behind `fd`: inotify(7). */
  watch(fd: number, path?: string): number;
  unwatch(id: number): void;
}
