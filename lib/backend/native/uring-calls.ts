/** The exports of src-native/uring/. addon.ts says what holds for all of them. */
export interface UringCalls {
  /** Makes an io_uring and closes it. 0: this process may use io_uring. -EPERM, -ENOSYS, -ENOMEM, -EMFILE. */
  uringTry(): number;
  /**
   * Makes an io_uring whose one buffer is part of a slot, and enters it into the ledger. Returns the id of the ledger.
   * Register 0: the id of the ring. The memory stays in place. `lockFd` as RegistrationRequest.lockFd. -EOPNOTSUPP,
   * -EFAULT: the kernel does not pin memory of this kind. -ENOMEM: RLIMIT_MEMLOCK.
   */
  uringRegister(slot: number, offset: number, length: number, lockFd: number): number;
  /**
   * Begins a transfer; `operation` 0: from the file into the buffer, 1: from the buffer into the file. `request` (less
   * than 256) names it until its completion. Registers: 0 position in the file, 1 offset in the buffer, 2 length.
   * -ECANCELED: the registration has ended. -EAGAIN: 256 transfers are under way. -EINVAL: neither a regular file nor a
   * block device.
   */
  uringSubmit(ring: number, operation: number, request: number, fd: number): number;
  /**
   * Takes completions: the request, and its bytes or negative errno, in turn. Returns their number; if there is none, a
   * promise that is settled when there may be one.
   */
  uringReap(ring: number, into: Float64Array): number | Promise<number>;
  /** Forgets a ring whose registration has ended, after its last completion. */
  uringDrop(ring: number): number;
}
