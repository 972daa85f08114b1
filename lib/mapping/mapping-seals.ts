import type { Region } from '../backend/region.js';
import { constants, MAP_TYPE } from '../core/constants.js';
import { errno, systemError } from '../core/errors.js';
import type { SealRequest } from '../seals/acquire.js';
import type { ParsedSealOptions } from '../seals/options.js';
import { sealFor, type Seal } from '../seals/seal.js';
import type { SealedMapping, SealHolder } from '../seals/seal-holder.js';
import { nothingToSeal } from '../seals/sealable.js';
import type { MappingResources } from './resources.js';

const { MAP_PRIVATE } = constants;

/** @throws EINVAL for private and anonymous mappings; EACCES for access 'read'. */
export function sealRequest(resources: MappingResources, options: ParsedSealOptions): SealRequest {
  const { file, flags, offset, length } = resources.liveRegion('seal');
  const { backend, path } = resources;
  if (file === undefined || resources.anonymous) throw nothingToSeal(path);
  if (resources.access === 'read')
    throw systemError(errno.EACCES, 'seal', path, "a seal needs a mapping made with access: 'write'");
  if ((flags & MAP_TYPE) === MAP_PRIVATE)
    throw systemError(errno.EINVAL, 'seal', path, 'a private copy has no blocks of the file to keep still');
  return { backend, file, path, options, end: offset + length, kernel: false };
}

/** The operations of a mapping that its seals need. */
export interface SealHost {
  /** Holds the seals that end with the mapping. */
  readonly resources: MappingResources;
  /** As {@link SealedMapping.fence}. */
  fence(): boolean;
  /** Looks for new faults. */
  noteFaults(): void;
  /** Whether each flush checks at its end that no lease has fenced the mapping. */
  setFenceChecked(isChecked: boolean): void;
}

/**
 * The seals of one mapping. Only the mapping refers to this object, and a seal refers to it weakly: a seal does not
 * keep its mapping alive. It stands between the two, so that neither public object needs a method for the other.
 */
export class MappingSeals implements SealedMapping {
  /** The holders whose lease fences the mapping when it ends. */
  private readonly fencing = new Set<SealHolder>();

  constructor(private readonly host: SealHost) {}

  /** Adds a seal, which ends with the mapping. @returns its public object. */
  add(holder: SealHolder, region: Region): Seal {
    const seal = sealFor(holder);
    holder.protect(this);
    this.host.resources.addSeal(holder, seal);
    if (holder.policy === 'breakable' && holder.fenceOnLeaseEnd(region)) {
      this.fencing.add(holder);
      this.host.setFenceChecked(true);
    }
    return seal;
  }

  revoke(): Promise<boolean> {
    return this.host.resources.revokeRegistrationsAsync('broken');
  }

  fence(): boolean {
    return this.host.fence();
  }

  noteFaults(): void {
    this.host.noteFaults();
  }

  sealReleased(holder: SealHolder): void {
    this.host.resources.dropSeal(holder);
    // Without a lease that may fence the mapping, a flush need not check.
    if (this.fencing.delete(holder) && this.fencing.size === 0) this.host.setFenceChecked(false);
  }
}
