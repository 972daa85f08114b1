import type { Region } from '../backend/region.js';
import type { Operation } from '../core/sync-or-async.js';
import type { Extent } from '../file/extent-map.js';
import { errno, systemError } from '../core/errors.js';
import type { Enforcement, SealPolicy } from './options.js';
import type { SealDependent } from './seal-dependent.js';
import type { SealEvents, SealState } from './seal-events.js';

/** The operations of a sealed inode that its holders need. */
export interface HeldInode {
  readonly path: string | undefined;
  readonly enforcement: Enforcement;
  /** The descriptor that carries the lock of the seal; -1: it needs none. */
  readonly lockFd: number;
  /** The owner of an exclusive seal is changing the block map. */
  readonly isChanging: boolean;
  extents(): readonly Extent[];
  /** Reads the block map again. @returns the extents that moved. */
  verify(): Operation<Extent[]>;
  /** @returns false: the inode has no lease, so its end cannot fence a region. */
  fenceOnLeaseEnd(holder: SealHolder, region: Region): boolean;
  /** @returns false: the lease has ended or is ending, perhaps without a look at the registrations of the region. */
  revokeOnLeaseEnd(region: Region): boolean;
  /** @returns false: the end of the lease has fenced the region of this holder already. */
  drop(holder: SealHolder): boolean;
}

/** The operations of a mapping that its seal needs. */
export interface SealedMapping {
  /**
   * Ends all registrations of the mapping. Their providers may take long, so they run on another thread.
   *
   * @returns false: the end of a registration is not confirmed.
   */
  revoke(): Promise<boolean>;
  /**
   * After this call nothing of the mapping reaches the file, and no registration of it can be used.
   *
   * @returns false: the end of a registration is not confirmed, and the pages stay.
   */
  fence(): boolean;
  /** Looks for new faults: they violate the seals of the file. */
  noteFaults(): void;
  /** The holder was released in time; the mapping goes on without this seal. */
  sealReleased(holder: SealHolder): void;
}

/** Emits an event on the public Seal. */
export type EmitSealEvent = <Name extends keyof SealEvents>(event: Name, argument: SealEvents[Name]) => void;

/** The terms under which one holder seals the inode. */
export interface HolderTerms {
  readonly policy: SealPolicy;
  /** The weakest enforcement that the owner accepts. */
  readonly demanded: Enforcement;
  /** Milliseconds that a break request waits for the release. */
  readonly deadline: number;
  /** The mapping has MAP_DIRECT. */
  readonly kernel: boolean;
}

/**
 * One holder of a sealed inode: the state behind a public Seal. The inode and the mapping call its methods. The public
 * object shows only release(), verify() and the properties.
 */
export class SealHolder {
  private current: SealState = 'held';
  /** The 'break' event of the pending request was emitted. */
  private isBreakAnnounced = false;
  private mapping: WeakRef<SealedMapping> | undefined;
  private emit: EmitSealEvent = () => undefined;
  private readonly dependents = new Set<SealDependent>();

  constructor(
    private readonly inode: HeldInode,
    private readonly terms: HolderTerms,
  ) {}

  get policy(): SealPolicy {
    return this.terms.policy;
  }

  get deadline(): number {
    return this.terms.deadline;
  }

  get state(): SealState {
    this.mapping?.deref()?.noteFaults();
    return this.current;
  }

  get path(): string | undefined {
    return this.inode.path;
  }

  get enforcement(): Enforcement {
    return this.terms.kernel ? 'kernel' : this.inode.enforcement;
  }

  get extents(): readonly Extent[] {
    return this.inode.extents();
  }

  /** Sets the receiver of the events: the public Seal. */
  setEmitter(emit: EmitSealEvent): void {
    this.emit = emit;
  }

  /** The mapping to fence when the seal gives way. The reference is weak: a seal does not keep its mapping alive. */
  protect(mapping: SealedMapping): void {
    this.mapping = new WeakRef(mapping);
  }

  /** The end of the lease fences `region`, even if this thread is blocked then. @returns false: there is no lease. */
  fenceOnLeaseEnd(region: Region): boolean {
    return this.inode.fenceOnLeaseEnd(this, region);
  }

  /**
   * The registrations that `region` has now, and later ones, end before a lease of the seal does, even if this thread
   * is blocked then.
   *
   * @returns false: the lease is ending now.
   */
  revokeOnLeaseEnd(region: Region): boolean {
    return this.inode.revokeOnLeaseEnd(region);
  }

  /** @returns the extents that moved; none for a seal that has ended. */
  *verify(): Operation<Extent[]> {
    return this.hasEnded ? [] : yield* this.inode.verify();
  }

  get lockFd(): number {
    return this.inode.lockFd;
  }

  /** @throws EBUSY: the owner is changing the block map. */
  checkUnchanging(): void {
    if (!this.inode.isChanging) return;
    const why = 'an operation of the owner of its exclusive seal is still running; await it';
    throw systemError(errno.EBUSY, 'register', this.path, why);
  }

  /** From now on the seal must not be released, and its owner must not change the block map. */
  addDependent(dependent: SealDependent): void {
    this.dependents.add(dependent);
  }

  dropDependent(dependent: SealDependent): void {
    this.dependents.delete(dependent);
  }

  /** A registration that has not ended relies on the seal. */
  get isReliedOn(): boolean {
    return this.liveDependent !== undefined;
  }

  private get liveDependent(): SealDependent | undefined {
    return [...this.dependents].find(({ isLive }) => isLive);
  }

  /** @throws EBUSY: a registration relies on the seal. */
  release(): void {
    if (this.hasEnded) return;
    const dependent = this.liveDependent;
    if (dependent !== undefined) {
      const why = `${dependent.description} relies on the seal: deregister it first`;
      throw systemError(errno.EBUSY, 'release', this.path, why);
    }
    if (this.hasEnded) return; // a listener of the registration released it
    this.current = 'released';
    if (this.inode.drop(this)) {
      this.mapping?.deref()?.sealReleased(this);
      return;
    }
    this.current = 'broken';
    this.mapping?.deref()?.fence();
    this.emit('broken', undefined);
  }

  private get hasEnded(): boolean {
    return this.current === 'released' || this.current === 'broken';
  }

  /** Announces a break request; once, until withdrawBreak(). */
  announceBreak(deadline: number): void {
    if (this.isBreakAnnounced || this.hasEnded) return;
    this.isBreakAnnounced = true;
    if (this.current === 'held') this.current = 'breaking';
    for (const dependent of [...this.dependents]) dependent.announceBreak(deadline);
    if (!this.hasEnded) this.emit('break', { deadline, release: () => this.release() });
  }

  /** No break request is pending any more. */
  withdrawBreak(): void {
    this.isBreakAnnounced = false;
    if (this.current === 'breaking') this.current = 'held';
  }

  /** The lease has ended without the seal: the seal is advisory now, or broken if its owner demanded the lease. */
  loseLease(): void {
    this.withdrawBreak();
    if (this.terms.demanded === 'lease') this.break();
    else this.emit('weakened', undefined);
  }

  /**
   * The seal gives way. The mapping is fenced first.
   *
   * @returns false: the end of a registration is not confirmed, so the seal stays.
   */
  fenceAndBreak(): boolean {
    const isFenced = this.mapping?.deref()?.fence() ?? true;
    if (isFenced) this.break();
    else this.markUnfenced();
    return isFenced;
  }

  /** {@link fenceAndBreak}, without waiting for the providers of registrations on this thread. */
  async revokeAndBreak(): Promise<boolean> {
    const isRevoked = (await this.mapping?.deref()?.revoke()) ?? true;
    if (this.hasEnded) return true;
    if (isRevoked) return this.fenceAndBreak();
    this.markUnfenced();
    return false;
  }

  private break(): void {
    if (this.hasEnded) return;
    this.current = 'broken';
    this.inode.drop(this);
    this.emit('broken', undefined);
  }

  /** Blocks moved under the seal. The state 'violated' is final until the seal ends. */
  markViolated(moved: Extent[]): void {
    if (this.hasEnded || this.current === 'violated') return;
    this.current = 'violated';
    for (const dependent of [...this.dependents]) dependent.sealViolated();
    this.emit('violated', { moved });
  }

  /** The seal should give way, and the end of a registration is not confirmed. */
  markUnfenced(): void {
    if (this.hasEnded) return;
    this.current = 'violated';
    this.isBreakAnnounced = false;
    this.emit('violated', { moved: [], reason: 'unfenced' });
  }

  /** The kernel has taken the lease of a seal that stays. */
  markWeakened(): void {
    if (!this.hasEnded) this.emit('weakened', undefined);
  }
}
