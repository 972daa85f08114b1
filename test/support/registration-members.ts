import type { Registration } from '../../lib/index.js';

/** A call of each public member of Registration. All but descriptor() answer, before and after its end. */
export const registrationUses: Readonly<Record<string, (registration: Registration) => unknown>> = {
  address: (registration) => registration.address,
  length: (registration) => registration.length,
  localKey: (registration) => registration.localKey,
  remoteKey: (registration) => registration.remoteKey,
  provider: (registration) => registration.provider,
  onDemand: (registration) => registration.onDemand,
  valid: (registration) => registration.valid,
  seal: (registration) => registration.seal,
  reasons: (registration) => registration.reasons,
  descriptor: (registration) => registration.descriptor(),
  deregister: (registration) => registration.deregister(),
  toJSON: (registration) => registration.toJSON(),
};

export const registrationMembers: readonly string[] = Object.keys(registrationUses);
