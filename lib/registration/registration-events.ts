/** The argument of the 'break' event of a registration. */
export interface RegistrationBreakNotice {
  /** Milliseconds until the registration is fenced. */
  readonly deadline: number;
  /**
   * Deregisters now. It may be taken out of the notice: `({ release }) => release()`.
   *
   * @throws As {@link Registration.deregister}: EBUSY.
   * @example
   * // Native only: the emulation has no memory that a device could reach.
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const registration = mapping.register();
   * registration.on('break', ({ release }) => release());
   * registration.deregister();
   * mapping.close();
   */
  release(): void;
}

/** Why a registration was fenced. */
export type FenceReason = 'broken' | 'violated' | 'device' | 'exit';

/** The events of a registration, and the argument that each gives to its listeners. */
export interface RegistrationEvents {
  /** Another user of the file wants to change its blocks. The notice has the time that is left. */
  break: RegistrationBreakNotice;
  /** The registration is invalid: no device uses the memory any more. `reason` tells the cause. */
  fenced: { readonly reason: FenceReason };
}
