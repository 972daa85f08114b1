import { selectBackend } from '../../lib/backend/select.js';
import type { RegistrationLedger, Rehearsal } from '../../lib/backend/registrations.js';
import { LockProvider } from '../../lib/registration/lock-provider.js';
import { PROVIDER, type RegistrationDomain } from '../../lib/registration/provider.js';

export function ledger(): RegistrationLedger {
  const { registrations } = selectBackend('native');
  if (registrations === undefined) throw new Error('the native backend has no ledger');
  return registrations;
}

/** A domain whose registrations end slowly, or are not confirmed. */
export function rehearsed(rehearsal: Rehearsal): RegistrationDomain {
  return { [PROVIDER]: new LockProvider(ledger(), rehearsal) };
}
