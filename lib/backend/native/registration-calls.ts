/** The exports of src-native/registration/registration_exports.cc. addon.ts says what holds for all of them. */
export interface RegistrationCalls {
  /**
   * Enters a registration without a device into the ledger and returns its id, which is > 0 and never used again. Each
   * attempt to end it takes `delay` milliseconds, and the first `failures` (-1: all) are -EIO. -ECANCELED: the range is
   * fenced, or is being fenced.
   */
  registerPlain(slot: number, offset: number, length: number, delay: number, failures: number): number;
  /**
   * Ends a registration. -ENOENT. -EBUSY: operations of this process use the memory, or another thread ends it. Another
   * errno of its provider: a peer may still use the memory.
   */
  deregister(id: number): number;
  /** Ends a registration whose device is gone. Notice 6 follows. */
  revoke(id: number): number;
  /** Ends all registrations of the slot. Notice 6 follows for each. Returns 0 if all ends are confirmed. */
  revokeRange(slot: number): number;
  /** {@link revokeRange} on a thread of its own. -EAGAIN: that could not be created. */
  revokeRangeAsync(slot: number): Promise<number>;
  /** 0 gone, 1 live, 2 being ended, 3 ended, 4 its end is not confirmed. */
  registrationState(id: number): number;
  /** The number of registrations in all threads whose end is not confirmed. */
  registrationCount(): number;
}
