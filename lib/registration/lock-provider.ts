import type { RegistrationLedger, Rehearsal } from '../backend/registrations.js';
import { noPeers, type Registered, type RegistrationProvider, type RegistrationRequest } from './provider.js';

/**
 * The provider without a device: the pages are locked in memory, and the caller gives the address to a user of its own.
 * The ledger lists the registration, so the seal gives way in the right order.
 */
export class LockProvider implements RegistrationProvider {
  readonly name = 'lock';

  /** @param rehearsal - for tests: how the end of a registration goes. */
  constructor(
    private readonly ledger: RegistrationLedger,
    private readonly rehearsal: Rehearsal = {},
  ) {}

  /** @throws EOPNOTSUPP: an access of peers; ENOMEM: RLIMIT_MEMLOCK; ECANCELED: the region is fenced. */
  register(request: RegistrationRequest): Registered {
    const { region, offset, length, access, path } = request;
    noPeers(this.name, access, path);
    region.lock(offset, length);
    const id = this.ledger.registerPlain(region, { offset, length }, path, this.rehearsal);
    return { id, address: region.address + BigInt(offset), onDemand: false, reasons: [] };
  }
}
