import { growths } from '../backend/map-budget.js';
import type { Region, Span } from '../backend/region.js';
import { errno, systemError } from '../core/errors.js';
import { checkRange } from '../core/range.js';
import type { Durability } from '../durability/durability.js';
import { chooseProvider } from '../registration/choose-provider.js';
import { parseRegisterOptions, type ParsedRegisterOptions } from '../registration/options.js';
import type { Registered, RegistrationProvider } from '../registration/provider.js';
import { addRecord, dropRecord, listenToLedger } from '../registration/records.js';
import { registrationFor, type Registration } from '../registration/registration.js';
import type { FenceReason } from '../registration/registration-events.js';
import { RegistrationRecord, type RegistrationHost } from '../registration/registration-record.js';
import type { Seal } from '../seals/seal.js';
import type { SealHolder } from '../seals/seal-holder.js';
import type { MappingResources } from './resources.js';

/** The operations of a mapping that its registrations need. */
export interface RegisteringHost {
  readonly resources: MappingResources;
  readonly durability: Durability;
  /** Mapping.seal(). */
  seal(): Seal;
  /** @throws ERR_MAPPING_FAULT: bytes of the range are lost. */
  checkFaults(region: Region, offset: number, length: number): void;
}

/** The seal that a registration relies on. */
interface Reliance {
  readonly holder: SealHolder;
  readonly seal: Seal;
}

/**
 * The registrations of one mapping. Each record refers to this object, and this object to the Mapping: a registration
 * keeps its mapping alive.
 */
export class MappingRegistrations implements RegistrationHost {
  /** What the live registrations rely on; undefined: memory without a file. */
  private readonly reliances = new Map<RegistrationRecord, Reliance | undefined>();
  /** The seal that register() took, until it is released. */
  private ownSeal: Seal | undefined;
  private lockedSpans: Span[] = [];

  constructor(private readonly host: RegisteringHost) {}

  register(options: unknown): Registration {
    const { resources } = this.host;
    const parsed = parseRegisterOptions(options, resources.liveRegion('register').length);
    const region = this.checkMemory(parsed); // after the options: a getter may close or resize the mapping
    const { backend, path } = resources;
    const { provider, reasons } = chooseProvider(backend, parsed, path);
    resources.checkRoom(growths.lock);
    const reliance = this.relyOnSeal();
    try {
      const registered = this.enter(provider, region, parsed, reliance);
      const record = this.record(registered, provider, parsed, reliance);
      this.endWithLease(record, region, reliance);
      const all = Object.freeze([...reasons, ...registered.reasons]);
      return registrationFor(record, { seal: reliance?.seal, reasons: all });
    } catch (error) {
      this.releaseOwnSeal();
      throw error;
    }
  }

  /** @throws EACCES, ERR_MAPPING_FAULT, ERR_OUT_OF_RANGE. */
  private checkMemory({ offset, length }: ParsedRegisterOptions): Region {
    const { resources } = this.host;
    const region = resources.writableRegion('register');
    if (resources.access === 'copy')
      throw systemError(errno.EACCES, 'register', resources.path, "the mapping was made with access: 'copy'");
    checkRange(offset, length, region.length);
    this.host.checkFaults(region, offset, length);
    return region;
  }

  /** @throws the errors of seal(); EBUSY, ETXTBSY: the seal of the mapping is about to end. */
  private relyOnSeal(): Reliance | undefined {
    const { resources } = this.host;
    const { region, anonymous, path } = resources;
    if (region.file === undefined || anonymous) return undefined;
    if (resources.firstSeal === undefined) this.ownSeal = this.host.seal();
    const [holder, seal] = resources.firstSeal ?? [];
    if (holder === undefined || seal === undefined)
      throw systemError(errno.EBUSY, 'register', path, 'its seal has ended at once: another user of the file waited');
    if (holder.state === 'violated') {
      const why = 'its seal is violated: blocks have moved; release every seal of it first';
      throw systemError(errno.ETXTBSY, 'register', path, why);
    }
    if (holder.state !== 'held')
      throw systemError(errno.EBUSY, 'register', path, 'a break of its seal was requested; register again after it');
    holder.checkUnchanging();
    return { holder, seal };
  }

  private enter(
    provider: RegistrationProvider,
    region: Region,
    { offset, length, access }: ParsedRegisterOptions,
    reliance: Reliance | undefined,
  ): Registered {
    const { resources, durability } = this.host;
    const { granularity, forced } = durability;
    const lockFd = reliance?.holder.lockFd ?? -1;
    if (resources.backend.registrations !== undefined) listenToLedger(resources.backend.registrations);
    const { path } = resources;
    return provider.register({ region, offset, length, access, path, granularity, forced, lockFd });
  }

  private record(
    registered: Registered,
    { name }: RegistrationProvider,
    { offset, length, access }: ParsedRegisterOptions,
    reliance: Reliance | undefined,
  ): RegistrationRecord {
    const { resources } = this.host;
    const { path, backend } = resources;
    const ledger = backend.registrations!;
    const record = new RegistrationRecord({
      ledger,
      registered,
      provider: name,
      path,
      offset,
      length,
      access,
      host: this,
    });
    reliance?.holder.addDependent(record);
    this.reliances.set(record, reliance);
    if (name === 'lock') this.lockedSpans.push({ offset, length });
    resources.addRegistration(record);
    addRecord(record);
    return record;
  }

  /** After the ledger knows the record: the end of a lease that began before may have missed it. @throws EBUSY. */
  private endWithLease(record: RegistrationRecord, region: Region, reliance: Reliance | undefined): void {
    if (reliance?.holder.revokeOnLeaseEnd(region) ?? true) return;
    record.deregister();
    const why = 'another program waited for the file until the deadline of its lease, which is ending now';
    throw systemError(errno.EBUSY, 'register', this.host.resources.path, why);
  }

  ended(record: RegistrationRecord): void {
    this.reliances.get(record)?.holder.dropDependent(record);
    this.reliances.delete(record);
    this.host.resources.dropRegistration(record);
    dropRecord(record);
    this.unlock();
    this.releaseOwnSeal();
  }

  revokeAll(reason: FenceReason): boolean {
    return this.host.resources.revokeRegistrations(reason);
  }

  /** mlock(2) does not count, so the last registration of provider 'lock' unlocks for all. */
  private unlock(): void {
    if ([...this.reliances.keys()].some(({ parts }) => parts.provider === 'lock')) return;
    const spans = this.lockedSpans;
    this.lockedSpans = [];
    const { region, isFenced, lastingOptions } = this.host.resources;
    if (region.state !== 'open' || isFenced || lastingOptions?.lock === true) return;
    for (const { offset, length } of spans) region.unlock(offset, length);
  }

  /** A seal that was violated stays, to be seen. */
  private releaseOwnSeal(): void {
    if (this.reliances.size > 0 || this.ownSeal === undefined || this.ownSeal.state === 'violated') return;
    const seal = this.ownSeal;
    this.ownSeal = undefined;
    seal.release();
  }
}
