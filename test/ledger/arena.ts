import type { Rehearsal } from '../../lib/backend/registrations.js';
import type { Random } from '../support/random.js';
import type { Admission } from './holder.js';
import type { Outcome, OwnerProcess } from './owner-process.js';

/** Bytes of each file. */
export const LENGTH = 65536;
export const OF_STRANGER = 's';

/** A file of the arena. */
export interface Ground {
  readonly path: string;
  /** A device has no locks and no lease, and nothing can move its blocks. */
  readonly isDevice: boolean;
}

/** Where a session happens, and who uses the registered memory. */
export interface Arena {
  readonly grounds: readonly Ground[];
  /** Of one life of an owner. */
  welcome(owner: OwnerProcess): Promise<void>;
  farewell(): void;
  /** Registers, and lets the peer use the memory. `failures`: of the attempts to end it. */
  register(
    owner: OwnerProcess,
    slot: number,
    span: { readonly offset: number; readonly length: number },
    random: Random,
  ): Promise<Outcome<Admission> & { readonly failures: number }>;
  /** Waits until the peers of these registrations, or all of them, have heard of the end. @returns what is wrong. */
  heard(ids?: readonly number[]): Promise<string[]>;
  /** @returns what is wrong: bytes of a peer that came after a stranger. */
  check(ground: Ground): string[];
  /** These registrations are valid: their peers go on, also if another end has cut them off. */
  tend(owner: OwnerProcess, ids: readonly number[]): Promise<void>;
}

/** The arena of the host: registrations without a device, slow ones and ones that do not confirm. */
export class RehearsedArena implements Arena {
  constructor(readonly grounds: readonly Ground[]) {}

  async welcome(): Promise<void> {}
  farewell(): void {}
  async heard(): Promise<string[]> {
    return [];
  }
  check(): string[] {
    return [];
  }
  async tend(): Promise<void> {}

  async register(
    owner: OwnerProcess,
    slot: number,
    { offset, length }: { readonly offset: number; readonly length: number },
    random: Random,
  ): Promise<Outcome<Admission> & { readonly failures: number }> {
    const rehearsal: Required<Rehearsal> = { delay: random.of([0, 0, 5, 30]), failures: random.of([0, 0, 0, 1, 2]) };
    const path = this.grounds[slot]!.path;
    const outcome = await owner.ask('register', [slot, offset, length, rehearsal], path);
    return { ...outcome, failures: rehearsal.failures };
  }
}
