import { checked } from '../../core/errors.js';
import type { Region, Span } from '../region.js';
import type { RegisteredRing, RegistrationLedger, RegistrationState, Rehearsal } from '../registrations.js';
import type { Addon } from './addon.js';
import { NativeRing } from './ring.js';

// As src-native/registration/ledger.h numbers them.
const states: readonly RegistrationState[] = ['gone', 'live', 'revoking', 'revoked', 'unfenced'];
// As src-native/lease/listener.h numbers it.
const REVOKED_NOTICE = 6;

/** {@link RegistrationLedger} through the addon. */
export class NativeRegistrations implements RegistrationLedger {
  constructor(private readonly addon: Addon) {}

  listen(listener: (id: number, result: number) => void): void {
    const hear = (kind: number, id: number, detail: number): void => {
      if (kind === REVOKED_NOTICE) listener(id, detail);
    };
    checked(this.addon.onNotices(hear), 'onNotices');
  }

  registerPlain(region: Region, { offset, length }: Span, path: string | undefined, rehearsal: Rehearsal = {}): number {
    const { delay = 0, failures = 0 } = rehearsal;
    const { slot } = region.token;
    return checked(this.addon.registerPlain(slot, offset, length, delay, failures), 'register', path);
  }

  registerRing(region: Region, { offset, length }: Span, lockFd: number): RegisteredRing | number {
    const { addon } = this;
    const id = addon.uringRegister(region.token.slot, offset, length, lockFd);
    return id < 0 ? id : new NativeRing(addon, id);
  }

  deregister(id: number): number {
    return this.addon.deregister(id);
  }

  revokeAll(region: Region): number {
    return this.addon.revokeRange(region.token.slot);
  }

  async revokeAllAsync(region: Region): Promise<number> {
    return this.addon.revokeRangeAsync(region.token.slot);
  }

  revoke(id: number): number {
    return this.addon.revoke(id);
  }

  state(id: number): RegistrationState {
    return states[this.addon.registrationState(id)] ?? 'gone';
  }
}
