/** The argument of the 'break' event of a registration. */
export interface RegistrationBreakNotice {
  /** Milliseconds until the registration is fenced. */
  readonly deadline: number;
  /** Deregisters now. */
  release(): void;
}

/** Why a registration was fenced. */
export type FenceReason = 'broken' | 'violated' | 'device' | 'exit';

/** The events of a registration, and the argument that each gives to its listeners. */
export interface RegistrationEvents {
  break: RegistrationBreakNotice;
  fenced: { readonly reason: FenceReason };
}
