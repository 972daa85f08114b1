import type { Region, Span } from './region.js';

/**
 * 'live': peers may use the memory. 'revoking': its end has begun. 'revoked': its end is confirmed. 'unfenced': its
 * provider did not confirm the end, so a peer may still use the memory. 'gone': it was deregistered.
 */
export type RegistrationState = 'gone' | 'live' | 'revoking' | 'revoked' | 'unfenced';

/** How a registration without a device ends: for tests of slow and of failing providers. */
export interface Rehearsal {
  /** Milliseconds that each attempt to end it takes. Default: 0. */
  readonly delay?: number;
  /** The first attempts fail with EIO: so many, or all (-1). Default: 0. */
  readonly failures?: number;
}

/** A transfer between a file and a registered buffer. */
export interface RingTransfer {
  readonly operation: 'read' | 'write';
  /** Less than {@link RING_DEPTH}: its name until its completion. */
  readonly request: number;
  readonly fd: number;
  /** In the file. */
  readonly position: number;
  /** In the buffer. */
  readonly offset: number;
  readonly length: number;
}

/** Transfers of one ring that can be under way at once. */
export const RING_DEPTH = 256;

/** An io_uring with one registered buffer (src-native/uring/ring.h). */
export interface RegisteredRing {
  /** The number in the ledger. */
  readonly id: number;
  /**
   * 0 or a negative errno. -ECANCELED: the registration has ended. -EAGAIN: as many as possible are under way. -EINVAL:
   * neither a regular file nor a block device.
   */
  submit(transfer: RingTransfer): number;
  /**
   * Takes completions: request and result in turn. @returns their number; if there is none, a promise that is settled
   * when there may be one.
   */
  reap(into: Float64Array): number | Promise<number>;
  /** After the end of the registration and the last completion. */
  drop(): void;
}

/**
 * The ledger of the registrations of the process (src-native/registration/ledger.h). A registration keeps the addresses
 * of its range. Results are 0 or a negative errno.
 */
export interface RegistrationLedger {
  /**
   * Sets the one listener of this thread. It hears of the end of a registration that it did not deregister (result 0),
   * and once of an end that was not confirmed, in a later turn of the event loop.
   */
  listen(listener: (id: number, result: number) => void): void;
  /** Registers without a device. @returns the id. @throws ECANCELED: the region is fenced. */
  registerPlain(region: Region, span: Span, path: string | undefined, rehearsal?: Rehearsal): number;
  /**
   * Registers with io_uring. `lockFd` as RegistrationRequest.lockFd.
   *
   * @returns a negative errno if the kernel refuses it.
   */
  registerRing(region: Region, span: Span, lockFd: number): RegisteredRing | number;
  /**
   * -EBUSY: operations of this process use the memory, or another thread is ending the registration. -ENOENT: it is
   * gone. Another errno: its state is 'unfenced', and this may be called again.
   */
  deregister(id: number): number;
  /** Ends all registrations of a region, before its pages go. Takes as long as the providers take. */
  revokeAll(region: Region): number;
  /** {@link revokeAll} on another thread. -EAGAIN: no thread could be created, and nothing was done. */
  revokeAllAsync(region: Region): Promise<number>;
  /** Ends one registration likewise, whose device is gone. */
  revoke(id: number): number;
  state(id: number): RegistrationState;
}
