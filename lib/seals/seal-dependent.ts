/** A user of the memory that relies on a seal: a registration. */
export interface SealDependent {
  /** For the errors of a seal that must not end: a noun phrase. */
  readonly description: string;
  /** Looks again: another thread may have ended it. */
  readonly isLive: boolean;
  /** A break of the seal was requested: it gives way after so many milliseconds. */
  announceBreak(deadline: number): void;
  /** Blocks have moved under the seal, so the memory must not be used any more. */
  sealViolated(): void;
}
