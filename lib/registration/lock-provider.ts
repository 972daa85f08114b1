import type { RegistrationLedger, Rehearsal } from '../backend/registrations.js';
import { errno, systemError } from '../core/errors.js';
import type { Registered, RegistrationProvider, RegistrationRequest } from './provider.js';

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
    const remote = access.find((word) => word.startsWith('remote-'));
    if (remote !== undefined) {
      const why = `provider 'lock' has no device, so no peer reaches the memory; '${remote}' needs a domain of mapdirect/rdma`;
      throw systemError(errno.EOPNOTSUPP, 'register', path, why);
    }
    region.lock(offset, length);
    const id = this.ledger.registerPlain(region, { offset, length }, path, this.rehearsal);
    return { id, address: region.address + BigInt(offset), onDemand: false, reasons: [] };
  }
}
