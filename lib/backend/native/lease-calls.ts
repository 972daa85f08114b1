/** The exports of src-native/lease/lease_exports.cc, as {@link Addon} describes them. */
export interface LeaseCalls {
  /**
   * Adds a function that receives the notices about leases and watches of this environment. It runs on the
   * environment's thread, never inside another call, and does not keep the process alive. Earlier notices are lost.
   * `kind`:
   * - 1 'break': an opener waits for the file of lease `id`, which ends by itself in `detail` milliseconds.
   * - 2 'gone': lease `id` has ended at its deadline, or the kernel has taken it. `detail`: 0, or the negative errno of
   *   a range of {@link fenceOnLeaseEnd} that still reaches the file.
   * - 3 'hint': the file of watch `id` was touched by some process, perhaps by this one. `detail`: the IN_* bits of
   *   inotify(7) since the last hint. IN_Q_OVERFLOW: a touch may be missing. IN_IGNORED: this is the last hint.
   * - 4 'intact': no opener waits for lease `id` any more, and the lease is held. A notice about a lease may arrive
   *   after releaseLease(), if it was sent before. No hint arrives after unwatch().
   * - 5: the fault guard has healed a fault, or several, in some range of the process. `id` is 0.
   * - 6: registration `id` has ended without deregister(). `detail`: 0, or the negative errno of its provider, which
   *   has not confirmed the end; then the notice comes once more after the end.
   * - 7 'unfenced': lease `id` is due, and a registration has not ended: the ranges, the locks and the lease stay until
   *   it ends. `detail`: the negative errno; 1: the kernel has taken the lease.
   * - 8: the device of domain or endpoint `id` has failed, or the connection of the endpoint has.
   */
  onNotices(listener: (kind: number, id: number, detail: number) => void): number;
  /**
   * Takes a write lease and returns its id, which is > 0 and never used again. From then on every open(2) and
   * truncate(2) of the file waits, also in this process; with O_NONBLOCK it fails with EWOULDBLOCK. The lease ends by
   * releaseLease(), with its descriptor, with its environment, or by itself `grace` milliseconds after the first opener
   * came. `grace` must be shorter than the kernel's lease-break-time. After an open that did not wait, the lease is
   * dropped and taken anew: another open(2) between the two succeeds, and only a watch reports it, or 'gone' if that
   * file is still open. `fd` comes from open(), `dev` and `ino` from stat(), as doubles. -EAGAIN: the file is open
   * elsewhere too, or this process has leased it. -EACCES: the user neither owns the file nor has CAP_LEASE.
   */
  lease(fd: number, dev: number, ino: number, grace: number): number;
  /** Ends the lease: waiting openers continue at once. -ENOENT: it has ended or is ending. */
  releaseLease(id: number): number;
  /** 1: the lease is held and no opener waits. 0 otherwise; for a moment also while an open with O_NONBLOCK fails. */
  leaseHeld(id: number): number;
  /**
   * Registers the slot: a placeholder covers all of it right before the lease ends by itself, even if this thread is
   * blocked. If the process was stopped until the kernel took the lease, the placeholder comes after that. -ENOENT: the
   * lease has ended or is ending.
   */
  fenceOnLeaseEnd(id: number, slot: number): number;
  /**
   * The registrations of the slot end right before the lease ends by itself, even if this thread is blocked. The pages
   * stay. -ENOENT: the lease has ended or is ending, perhaps without a look at the registrations of the slot.
   */
  revokeOnLeaseEnd(id: number, slot: number): number;
  /**
   * 1: the slot is fenced, or is being fenced, because of fenceOnLeaseEnd(). 0 after a flush proves that the flush
   * reached the file.
   */
  isFenced(slot: number): number;
  /** Takes fenceOnLeaseEnd() back, also for a slot that is closed. -ENOENT: the lease has ended or is ending. */
  unregisterFence(id: number, slot: number): number;
  /**
   * `whether` 1: when the lease ends by itself, the locks of the seal protocol are dropped before, even if this
   * thread is blocked. A writer lock of the same description stays. Initially 0. -ENOENT: the lease has ended or is
   * ending.
   */
  locksEndWithLease(id: number, whether: number): number;
  /** The id of this process's lease on that file, in any thread, or 0. Opens nothing, so it breaks no lease. */
  findLease(dev: number, ino: number): number;
  /** The number of leases in all threads of the process. */
  leaseCount(): number;
  /**
   * Watches the file of `fd` and returns an id, which is > 0 and never used again. A hint comes when the file is
   * written, truncated, allocated or closed, or when its attributes or its name change; a store into a mapping gives no
   * hint. -EMFILE, -ENOSPC: the user's limits of inotify(7).
   */
  watch(fd: number): number;
  unwatch(id: number): number;
}
