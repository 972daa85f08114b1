import type { Backend } from '../backend/backend.js';
import { GET_NATIVE } from '../backend/remedy.js';
import { errno, systemError } from '../core/errors.js';
import { LockProvider } from './lock-provider.js';
import type { ParsedRegisterOptions } from './options.js';
import type { RegistrationProvider } from './provider.js';
import { RingProvider } from './ring-provider.js';

/** A provider, with the reasons of the choice: one sentence each. */
export interface ProviderChoice {
  readonly provider: RegistrationProvider;
  readonly reasons: readonly string[];
}

const NO_DOMAIN = "no domain was given, so no device takes part: give a domain of mapdirect/rdma for provider 'verbs'";

/** @throws EOPNOTSUPP: the emulation. */
export function chooseProvider(
  { registrations }: Backend,
  { provider, domain }: ParsedRegisterOptions,
  path: string | undefined,
): ProviderChoice {
  if (registrations === undefined) {
    const why = `the emulation has no memory of the file that a device could reach; ${GET_NATIVE}`;
    throw systemError(errno.EOPNOTSUPP, 'register', path, why);
  }
  if (domain !== undefined) return { provider: domain, reasons: [] };
  if (provider === 'io_uring') return { provider: new RingProvider(registrations), reasons: [] };
  return { provider: new LockProvider(registrations), reasons: provider === 'auto' ? [NO_DOMAIN] : [] };
}
