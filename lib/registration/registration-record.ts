import type { RegistrationLedger } from '../backend/registrations.js';
import { errno, systemError } from '../core/errors.js';
import type { SealDependent } from '../seals/seal-dependent.js';
import type { Registered, RegistrationAccess } from './provider.js';
import type { FenceReason, RegistrationEvents } from './registration-events.js';

/** The mapping of a registration. */
export interface RegistrationHost {
  /** The end of the registration is confirmed. */
  ended(record: RegistrationRecord): void;
  /** Ends every registration of the mapping. @returns false: an end is not confirmed. */
  revokeAll(reason: FenceReason): boolean;
}

/** Emits an event on the public Registration. */
export type EmitRegistrationEvent = <Name extends keyof RegistrationEvents>(
  event: Name,
  argument: RegistrationEvents[Name],
) => void;

/** The parts of a {@link RegistrationRecord}. */
export interface RegistrationParts {
  readonly ledger: RegistrationLedger;
  readonly registered: Registered;
  readonly provider: 'verbs' | 'lock' | 'io_uring';
  readonly path: string | undefined;
  readonly offset: number;
  readonly length: number;
  readonly access: readonly RegistrationAccess[];
  readonly host: RegistrationHost;
}

/**
 * One registration of this thread: the state behind a public Registration. It outlives that object, because a peer may
 * use the memory until the provider has confirmed the end.
 */
export class RegistrationRecord implements SealDependent {
  private hasEnded = false;
  private isWarned = false;
  private emit: EmitRegistrationEvent = () => undefined;
  /** The public object, if it has listeners: garbage collection must not take them. */
  private listening: object | undefined;
  /** Why its end was asked for; a lease of the native thread gives none. */
  reason: FenceReason = 'broken';

  constructor(readonly parts: RegistrationParts) {}

  get id(): number {
    return this.parts.registered.id;
  }

  get description(): string {
    const { provider, offset, length } = this.parts;
    return `the registration of ${length} bytes at ${offset} (provider '${provider}')`;
  }

  /** Peers may use the memory. */
  get valid(): boolean {
    return !this.hasEnded && this.parts.ledger.state(this.id) === 'live';
  }

  get isLive(): boolean {
    this.look();
    return !this.hasEnded;
  }

  /** Sets the receiver of the events: the public Registration. */
  setEmitter(emit: EmitRegistrationEvent): void {
    this.emit = emit;
  }

  /** The public object has a listener, and lives until the end of the registration. */
  hold(registration: object): void {
    if (!this.hasEnded) this.listening = registration;
  }

  /** @throws EBUSY: operations use the memory, or it is being fenced; the errno of the provider. */
  deregister(): void {
    if (!this.isLive) return;
    const result = this.parts.ledger.deregister(this.id);
    if (result === 0 || result === errno.ENOENT) {
      this.end();
      return;
    }
    const why =
      result === errno.EBUSY
        ? 'operations of this process still use the memory, or it is being fenced; await them'
        : 'the provider did not confirm that no peer uses the memory, so mapping and seal stay; deregister it again';
    throw systemError(result, 'deregister', this.parts.path, why);
  }

  announceBreak(deadline: number): void {
    if (this.isLive) this.emit('break', { deadline, release: () => this.deregister() });
  }

  sealViolated(): void {
    if (this.isLive) this.parts.host.revokeAll('violated');
  }

  /** The ledger may know more than this thread. */
  look(): void {
    if (!this.hasEnded && this.parts.ledger.state(this.id) === 'revoked') this.heard(0);
  }

  /** A notice of the ledger. `result`: 0, or the negative errno of an end that was not confirmed. */
  heard(result: number): void {
    if (this.hasEnded) return;
    if (result !== 0) {
      this.warn(result);
      return;
    }
    this.parts.ledger.deregister(this.id); // the ledger may forget it
    const { emit } = this;
    const holder = this.listening; // until the event is out
    this.end();
    if (holder !== undefined) emit('fenced', { reason: this.reason });
  }

  private end(): void {
    this.hasEnded = true;
    this.listening = undefined;
    this.parts.registered.transfers?.ended();
    this.parts.host.ended(this);
  }

  /** `of '/the/path'`, or nothing. */
  private get owner(): string {
    const { path } = this.parts;
    return path === undefined ? '' : ` of '${path}'`;
  }

  private warn(result: number): void {
    if (this.isWarned) return;
    this.isWarned = true;
    const { code } = systemError(result, 'deregister');
    process.emitWarning(
      `The end of ${this.description}${this.owner} is not confirmed (${code}): a peer may still use the memory. ` +
        'This package keeps the file sealed; the kernel lets in a program that waits for a lease.',
      { type: 'MapdirectWarning', code: 'MAPDIRECT_UNFENCED' },
    );
  }

  /** The public object was collected. */
  warnOfLeak(): void {
    if (!this.isLive) return;
    process.emitWarning(
      `${this.description}${this.owner} was dropped without deregister(): it stays until the thread ends, because a peer may use the memory`,
      { type: 'MapdirectWarning', code: 'MAPDIRECT_LEAK' },
    );
  }
}
