import type { Backend } from '../backend/backend.js';
import { countMapping } from '../backend/live-mappings.js';
import type { Growth } from '../backend/map-budget.js';
import type { Fault, Region } from '../backend/region.js';
import type { Access } from '../core/access.js';
import { constants } from '../core/constants.js';
import { count, counter } from '../core/counters.js';
import { errno, mappingClosed, mappingFault, systemError } from '../core/errors.js';
import { quickCall, runSync } from '../core/sync-or-async.js';
import type { Durability } from '../durability/durability.js';
import type { FenceReason } from '../registration/registration-events.js';
import type { RegistrationRecord } from '../registration/registration-record.js';
import { withMutationGuard } from '../seals/mutation-guard.js';
import type { Seal } from '../seals/seal.js';
import type { SealHolder } from '../seals/seal-holder.js';
import type { LastingOptions } from './lasting-options.js';
import { LostRanges } from './lost-ranges.js';
import { callerStack, warnOfLeak } from './leak-trace.js';
import { publishClose } from './messages.js';

const { PROT_WRITE } = constants;

/** The properties of a mapping that map() and its kin decide. */
export interface MappingFacts {
  readonly backend: Backend;
  readonly region: Region;
  readonly access: Access;
  /** The mapping has no file, or one in memory without a name: it cannot be sealed. */
  readonly anonymous: boolean;
  /** resize() applies them to the pages that it adds; map() has applied them to `region`. */
  readonly lastingOptions: LastingOptions | undefined;
}

/**
 * The resources behind a Mapping, which outlive the object: its region, its seals, its pins and its part in the counts
 * of stats().
 *
 * The state of a mapping is stored here, and only here. `region.state` is the state machine open -> closing -> closed;
 * `isFenced` stands beside it.
 *
 * The Mapping and the FinalizationRegistry hold this object. It holds neither the Mapping nor one of its windows:
 * otherwise a dropped Mapping would never be collected.
 */
export class MappingResources {
  readonly backend: Backend;
  readonly access: Access;
  readonly anonymous: boolean;
  readonly lastingOptions: LastingOptions | undefined;
  region: Region;
  /** fence() was called: nothing of the mapping reaches the file. */
  isFenced = false;
  /**
   * Equal to `region.faultCount[0]`: no fault has come since the last look, and no range is lost. A flush compares the
   * two, which is all that it pays for the fault guard.
   */
  faultMark: number;
  /** A SharedArrayBuffer was made of the memory: another thread may have it, now or still. */
  hasSharedBuffer = false;
  private lost: LostRanges | undefined;
  private pins = 0;
  /** Registrations that have not ended. They hold the Mapping. undefined: there was none. */
  private registrations: Set<RegistrationRecord> | undefined;
  private heldSeals: Map<SealHolder, Seal> | undefined;
  private readonly stack: string | undefined;

  constructor(
    facts: MappingFacts,
    readonly durability: Durability,
  ) {
    this.backend = facts.backend;
    this.access = facts.access;
    this.anonymous = facts.anonymous;
    this.lastingOptions = facts.lastingOptions;
    this.region = facts.region;
    this.faultMark = facts.region.faultCount[0] ?? 0;
    this.stack = callerStack();
    countMapping(durability.granularity, 1, facts.region.length);
  }

  /** As map() got it; undefined for a descriptor and for anonymous memory. */
  get path(): string | undefined {
    return this.region.path;
  }

  /** close() was called and did not fail. */
  get isClosed(): boolean {
    return this.region.state !== 'open';
  }

  /** The memory of `region` is that of the mapping, now: it is neither closed, nor fenced, nor replaced. */
  isUsing(region: Region): boolean {
    return this.region === region && !this.isClosed && !this.isFenced;
  }

  /** @throws ERR_MAPPING_CLOSED, ERR_MAPPING_FAULT. */
  liveRegion(method: string): Region {
    const { region } = this;
    if (region.state !== 'open') throw mappingClosed(method);
    if (this.isFenced) this.checkFence();
    return region;
  }

  /** {@link liveRegion} that write() and fill() may store into. @throws EACCES. */
  writableRegion(method: string): Region {
    const region = this.liveRegion(method);
    if (this.access !== 'read' && (region.prot & PROT_WRITE) !== 0) return region;
    const reason =
      this.access === 'read' ? "the mapping was made with access: 'read'" : 'the mapping was made without PROT_WRITE';
    throw systemError(errno.EACCES, method, this.path, reason);
  }

  /** @throws ERR_MAPPING_FAULT. */
  checkFence(): void {
    if (this.isFenced) throw this.fencedError();
  }

  /** Takes note of new faults. @returns them. */
  collectFaults(): readonly Fault[] {
    const { region } = this;
    const count = region.faultCount[0] ?? 0; // before the look: a later fault must differ
    if (count === this.faultMark || region.state === 'closed') return [];
    const news = region.takeFaults();
    if (news.length > 0) (this.lost ??= new LostRanges()).add(news);
    this.faultMark = this.lostRanges.length > 0 ? -1 : count;
    return news;
  }

  get lostRanges(): readonly Fault[] {
    return this.lost?.ranges ?? [];
  }

  lostIn(offset: number, length: number): Fault | undefined {
    return this.lost?.in(offset, length);
  }

  /** The first fault since the last call. */
  takeUndrained(): Fault | undefined {
    return this.lost?.takeUndrained();
  }

  dropLost(fault: Fault): void {
    this.lost?.delete(fault);
  }

  /** The error of a mapping that was fenced. */
  fencedError(): Error {
    return mappingFault({ offset: 0, length: this.region.length, reason: 'fenced' }, this.path);
  }

  /** A call may split areas of memory. @param growth - undefined: it splits none. @throws ENOMEM: vm.max_map_count. */
  checkRoom(growth: Growth | undefined): void {
    if (growth !== undefined) this.backend.checkRoom(growth, this.path);
  }

  /** Runs an operation that may change the block map of the file. @throws ETXTBSY: the file is sealed. */
  withMutationGuard<Result>(syscall: string, operation: () => Result): Result {
    const { file } = this.region;
    if (file === undefined || this.anonymous) return operation();
    return runSync(withMutationGuard(this.backend, file, this.path, syscall, () => quickCall(operation)));
  }

  /** resize() continues with `region`: another one, or the same one with another length. */
  replaceRegion(region: Region, lengthBefore: number): void {
    count(counter.bytes[this.durability.granularity], region.length - lengthBefore);
    this.region = region;
    this.lost?.cut(region.length);
  }

  /** @returns a function that takes the pin back. */
  pin(): () => void {
    const region = this.liveRegion('pin');
    if (this.pins === 0) region.pin();
    this.pins++;
    return () => {
      if (--this.pins === 0) region.unpin();
    };
  }

  get isPinned(): boolean {
    return this.pins > 0;
  }

  /** @throws EBUSY: it is pinned, registered, or a SharedArrayBuffer of it is in use. */
  checkUnused(method: string): void {
    this.checkUnregistered(method);
    if (this.hasSharedBuffer && this.region.sharedWindows > 0) throw this.sharedBufferInUse(method);
    if (this.pins === 0) return;
    const count = this.pins === 1 ? 'a pin' : `${this.pins} pins`;
    throw systemError(errno.EBUSY, method, this.path, `${count} of this mapping must be released first`);
  }

  private sharedBufferInUse(method: string): Error {
    const remedy =
      'a SharedArrayBuffer of this mapping may still be in use; drop it in every thread, and try again after garbage collection';
    return systemError(errno.EBUSY, method, this.path, remedy);
  }

  /** @throws EBUSY. */
  checkUnregistered(method: string): void {
    if (this.registrations === undefined) return;
    const record = [...this.registrations].find(({ isLive }) => isLive);
    if (record === undefined) return;
    throw systemError(errno.EBUSY, method, this.path, `${record.description} must be deregistered first`);
  }

  addRegistration(record: RegistrationRecord): void {
    (this.registrations ??= new Set()).add(record);
  }

  /** The registration has ended. */
  dropRegistration(record: RegistrationRecord): void {
    this.registrations?.delete(record);
  }

  /** Ends every registration, and tells why. @returns false: an end is not confirmed, so a peer may use the memory. */
  revokeRegistrations(reason: FenceReason): boolean {
    const { backend, region } = this;
    if (!this.giveReason(reason)) return true;
    return this.noteRevoked(backend.registrations?.revokeAll(region) ?? 0);
  }

  /** {@link revokeRegistrations}, on another thread if there are any: a provider may take long. */
  async revokeRegistrationsAsync(reason: FenceReason): Promise<boolean> {
    const { backend, region } = this;
    if (!this.giveReason(reason)) return true;
    const result = (await backend.registrations?.revokeAllAsync(region)) ?? 0;
    return result === errno.EAGAIN ? this.revokeRegistrations(reason) : this.noteRevoked(result);
  }

  /** @returns false: there are no registrations. */
  private giveReason(reason: FenceReason): boolean {
    for (const record of this.registrations ?? []) record.reason = reason;
    return (this.registrations?.size ?? 0) > 0;
  }

  private noteRevoked(result: number): boolean {
    for (const record of [...(this.registrations ?? [])]) {
      record.look();
      if (result !== 0) record.heard(result);
    }
    return result === 0;
  }

  /** The seal that a registration can rely on: the first one that is held, else the first one that is not broken. */
  get firstSeal(): readonly [SealHolder, Seal] | undefined {
    const all = [...(this.heldSeals ?? [])].filter(([{ state }]) => state !== 'broken');
    return all.find(([{ state }]) => state === 'held') ?? all[0];
  }

  /** The seals that end with the mapping. */
  get seals(): readonly Seal[] {
    return [...(this.heldSeals?.values() ?? [])];
  }

  addSeal(holder: SealHolder, seal: Seal): void {
    (this.heldSeals ??= new Map()).set(holder, seal);
  }

  /** The seal was released before the mapping ended. */
  dropSeal(holder: SealHolder): void {
    this.heldSeals?.delete(holder);
  }

  /** Only after the pages are gone: until then the blocks under them must not move. */
  private releaseSeals(): void {
    for (const seal of this.heldSeals?.values() ?? []) seal.release();
  }

  /** @throws as Region.close(): then the mapping is still open. */
  close(): void {
    try {
      this.region.close(() => this.releaseSeals());
    } finally {
      if (this.isClosed) this.untrack(/*leaked=*/ false);
    }
  }

  /** Neither the Mapping nor a view of it can be reached, and it was never closed. */
  onCollected(): void {
    const { region, path, stack } = this;
    const isLeak = !leftToCollector.has(this);
    this.untrack(isLeak);
    region.abandon();
    this.releaseSeals();
    if (isLeak && stack !== undefined) warnOfLeak(path, region.length, stack);
  }

  private untrack(leaked: boolean): void {
    collector.unregister(this);
    countMapping(this.durability.granularity, -1, this.region.length);
    if (leaked) count(counter.leaked);
    publishClose(this, leaked);
  }
}

/** A set, and not a field: most mappings are not in it, and each field costs all of them memory. */
const leftToCollector = new WeakSet<MappingResources>();

/** The caller has promised its own callers that garbage collection ends the mapping: it is no leak. */
export function leaveToCollector(resources: MappingResources): void {
  leftToCollector.add(resources);
}

const collector = new FinalizationRegistry<MappingResources>((resources) => resources.onCollected());

/** From now on garbage collection of `mapping` unmaps its resources, unless they are closed before. */
export function track(mapping: object, resources: MappingResources): void {
  collector.register(mapping, resources, resources);
}
