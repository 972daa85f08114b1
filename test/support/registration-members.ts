import type { Registration } from '../../lib/index.js';

/** A call of each public member of Registration that answers before and after its end. */
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
  deregister: (registration) => registration.deregister(),
  toJSON: (registration) => registration.toJSON(),
};

/** Provider 'lock' has neither peers nor transfers: EOPNOTSUPP. */
export const registrationRefusals: Readonly<Record<string, (registration: Registration) => unknown>> = {
  descriptor: (registration) => registration.descriptor(),
  read: (registration) => registration.read(0, 0, 0, 1),
  write: (registration) => registration.write(0, 0, 0, 1),
};

export const registrationMembers: readonly string[] = [
  ...Object.keys(registrationUses),
  ...Object.keys(registrationRefusals),
];
