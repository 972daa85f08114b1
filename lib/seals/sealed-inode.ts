import type { Backend } from '../backend/backend.js';
import type { OpenFile } from '../backend/open-file.js';
import type { Region } from '../backend/region.js';
import { count, counter } from '../core/counters.js';
import { errno, systemError } from '../core/errors.js';
import type { Operation } from '../core/sync-or-async.js';
import type { Extent, ExtentMap } from '../file/extent-map.js';
import type { Identity } from '../storage/inode-id.js';
import { BlockMapWatch } from './block-map-watch.js';
import type { InodeLease } from './inode-lease.js';
import { leaseBreakTime } from './lease-break-time.js';
import { LONGEST_MS, type Enforcement, type ParsedSealOptions, type SealPolicy } from './options.js';
import { PendingBreak } from './pending-break.js';
import { dropSealLocks, setBreakableLock, takeSealLock } from './protocol.js';
import type { SealState } from './seal-events.js';
import { SealHolder, type HeldInode } from './seal-holder.js';
import { isSealedByOthers } from './seal-locks.js';
import { SealedBlockMap } from './sealed-block-map.js';

/** The open file description that carries the locks of the protocol. */
export interface SealLock {
  readonly fd: number;
  /** The description was opened for the locks, and is closed with the seal. */
  readonly own: boolean;
}

/** The parts of a sealed inode. */
export interface SealedInodeParts {
  readonly backend: Backend;
  /** A reference, which the inode releases with its last seal. */
  readonly file: OpenFile;
  /** The path of the first seal. */
  readonly path: string | undefined;
  /** undefined: the kernel or the driver keeps the block map, or the backend has no locks. */
  readonly lock: SealLock | undefined;
  readonly exclusive: boolean;
  readonly lease: InodeLease | undefined;
  readonly map: ExtentMap;
}

/** The common part of all seals that this thread has of one inode: the lock, the lease, the block map of seal time. */
export class SealedInode implements HeldInode {
  readonly dev: Identity;
  readonly ino: Identity;
  readonly file: OpenFile;
  readonly path: string | undefined;
  readonly exclusive: boolean;
  readonly holders = new Set<SealHolder>();
  private breakableHolders = 0;

  private readonly backend: Backend;
  private readonly blockMap: SealedBlockMap;
  private readonly watch: BlockMapWatch;
  private lock: SealLock | undefined;
  private lease: InodeLease | undefined;
  private pendingBreak: PendingBreak | undefined;

  /** @param onEnd - called when the inode is no longer sealed by this thread. */
  constructor(
    parts: SealedInodeParts,
    private readonly onEnd: () => void,
  ) {
    const { backend, file, path, exclusive, map } = parts;
    this.backend = backend;
    this.file = file;
    this.dev = file.dev;
    this.ino = file.ino;
    this.path = path;
    this.lock = parts.lock;
    this.exclusive = exclusive;
    this.lease = parts.lease;
    this.blockMap = new SealedBlockMap({
      files: file.files,
      fd: () => this.lock?.fd ?? this.file.fd, // a caller may use the position of the mapping's own descriptor
      path,
      map,
      canBeRead: file.device === undefined && backend.capabilities.sealLocks,
      exclusive,
      onMoved: (moved) => this.markViolated(moved),
    });
    this.watch = new BlockMapWatch(
      () => this.blockMap.check(),
      () => this.holders.size > 0,
    );
  }

  /** Begins to listen to the lease and to changes of the file. */
  listen(): void {
    const { leaseEvents } = this.backend;
    if (leaseEvents === undefined || this.file.device !== undefined) return;
    this.lease?.listen({
      onBreak: (deadline) => this.announceLeaseBreak(deadline),
      onIntact: () => this.withdrawLeaseBreak(),
      onEnd: () => this.loseLease(),
      onUnfenced: (isTaken) => this.keepUnfenced(isTaken),
    });
    this.watch.start(leaseEvents, this.file.fd, this.path);
  }

  /** The package itself must refuse changes. false: the kernel refuses them. */
  get isKeptByPackage(): boolean {
    return this.lock !== undefined || !this.backend.capabilities.sealLocks;
  }

  get enforcement(): Enforcement {
    if (!this.isKeptByPackage) return 'kernel';
    return this.lease?.isIntact === true ? 'lease' : 'advisory';
  }

  get lockFd(): number {
    return this.lock?.fd ?? -1;
  }

  get isChanging(): boolean {
    return this.blockMap.owner.state === 'running';
  }

  /** The owner of the seal may change the block map: it is exclusive, and no registration relies on it. */
  get yieldsToOwner(): boolean {
    return this.exclusive && ![...this.holders].some(({ isReliedOn }) => isReliedOn);
  }

  /** Another thread or process has a seal of the inode, too. */
  isSealedByOthers(): boolean {
    return this.lock !== undefined && isSealedByOthers(this.file.files, this.lock.fd, this, this.path, /*own=*/ 1);
  }

  /** A break request of this process or an open of another process waits for the holders. */
  get isBreaking(): boolean {
    return this.pendingBreak !== undefined || this.lease?.isBreaking === true;
  }

  extents(): readonly Extent[] {
    return this.blockMap.extents();
  }

  verify(): Operation<Extent[]> {
    return this.blockMap.verify();
  }

  /** Adds a holder. @throws EBUSY: the lease has ended or is ending. */
  hold(options: ParsedSealOptions, { kernel }: { readonly kernel: boolean }): SealHolder {
    const { policy, enforcement: demanded } = options;
    const deadline = options.deadline ?? Math.min(leaseBreakTime(), LONGEST_MS);
    const holder = new SealHolder(this, { policy, demanded, deadline, kernel });
    this.holders.add(holder);
    count(counter.seals);
    if (policy === 'breakable') this.breakableHolders++;
    if (this.applyPolicy()) return holder;
    this.drop(holder);
    throw systemError(
      errno.EBUSY,
      'seal',
      this.path,
      'another process waited for the file until the deadline of its lease, which is ending now; seal again',
    );
  }

  /** Applies the strictest policy of all holders to the lease. @returns false: the lease has ended or is ending. */
  private applyPolicy(): boolean {
    const { lease, lock } = this;
    if (lease === undefined || lock === undefined) return true;
    const isBreakable = this.policy === 'breakable';
    setBreakableLock(this.file.files, lock.fd, isBreakable ? 'shared' : 'none', this.path);
    return lease.locksEndWithLease(isBreakable);
  }

  drop(holder: SealHolder): boolean {
    if (!this.holders.delete(holder)) return true;
    count(counter.seals, -1);
    if (holder.policy === 'breakable') this.breakableHolders--;
    const isInTime = this.lease?.unregisterFence(holder) ?? true;
    if (this.holders.size > 0) this.applyPolicy();
    else this.endIfUnused();
    return isInTime;
  }

  /** Ends the seal of this thread, after its last holder and the last change of its owner. */
  private endIfUnused(): void {
    if (this.holders.size === 0 && !this.isChanging) this.end();
  }

  private end(): void {
    this.onEnd();
    this.watch.stop();
    const { lock, file } = this;
    // The lock first: an open that waits returns at the end of the lease, and must find the file unsealed.
    if (lock !== undefined) dropSealLocks(file.files, lock.fd, this.path);
    this.lease?.release();
    this.lease = undefined;
    this.pendingBreak?.end();
    // Not during a reading of the map: after the close the number of the descriptor may be another file's.
    this.blockMap.end(() => this.closeFile());
  }

  private closeFile(): void {
    const { lock, file } = this;
    if (lock?.own === true) file.files.close(lock.fd);
    file.release();
  }

  /** The strictest policy of all holders. */
  get policy(): SealPolicy {
    if (this.exclusive) return 'exclusive';
    return this.breakableHolders === this.holders.size ? 'breakable' : 'refuse';
  }

  /** The worst state of all holders. */
  get state(): SealState {
    const states = [...this.holders].map(({ state }) => state);
    return (['violated', 'breaking'] as const).find((state) => states.includes(state)) ?? 'held';
  }

  /**
   * Adds the lock of the protocol to an inode that only the kernel keeps: a seal of the protocol may outlive the
   * mapping with MAP_DIRECT.
   */
  *addLock(lock: SealLock): Operation<void> {
    try {
      yield* takeSealLock(this.file.files, lock.fd, 'shared', this.path);
    } catch (error) {
      if (lock.own) this.file.files.close(lock.fd);
      throw error;
    }
    this.lock = lock;
  }

  /**
   * Lets the owner of an exclusive seal change the block map.
   *
   * @returns a function that ends the change. The block map that is read after that is the new fingerprint. No other
   *   thread or process can seal the file before.
   */
  enterAsOwner(): () => void {
    const end = this.blockMap.owner.begin();
    return () => {
      end();
      this.endIfUnused();
    };
  }

  /** Bytes of the file are lost. */
  markLost(offset: number, length: number): void {
    this.markViolated(
      this.extents().filter((extent) => extent.offset < offset + length && offset < extent.offset + extent.length),
    );
  }

  private markViolated(moved: Extent[]): void {
    for (const holder of [...this.holders]) holder.markViolated(moved);
  }

  private announceLeaseBreak(deadline: number): void {
    for (const holder of [...this.holders]) holder.announceBreak(Math.min(deadline, holder.deadline));
  }

  private withdrawLeaseBreak(): void {
    if (this.pendingBreak === undefined) for (const holder of this.holders) holder.withdrawBreak();
  }

  fenceOnLeaseEnd(holder: SealHolder, region: Region): boolean {
    this.lease?.fenceOnEnd(holder, region);
    return this.lease !== undefined;
  }

  revokeOnLeaseEnd(region: Region): boolean {
    return this.lease?.revokeOnEnd(region) ?? true;
  }

  /** The native thread ended the lease at its deadline. */
  private loseLease(): void {
    this.lease?.forget();
    this.lease = undefined;
    for (const holder of [...this.holders]) {
      if (holder.policy === 'breakable') holder.fenceAndBreak();
      else holder.loseLease();
    }
    void this.watch.changed();
  }

  /**
   * Asks every holder to give way.
   *
   * @param deadline - in milliseconds; a shorter deadline of a holder counts.
   * @returns a promise that resolves when every holder has released or was fenced.
   */
  requestBreak(deadline = Infinity): Promise<void> {
    const shortest = Math.min(deadline, ...[...this.holders].map((holder) => holder.deadline));
    this.pendingBreak ??= new PendingBreak(() => void this.fenceAndBreakAll());
    this.pendingBreak.endWithin(shortest);
    for (const holder of [...this.holders]) holder.announceBreak(this.pendingBreak.left);
    return this.pendingBreak.done;
  }

  private async fenceAndBreakAll(): Promise<void> {
    const isBroken = await Promise.all([...this.holders].map((holder) => holder.revokeAndBreak()));
    if (!isBroken.includes(false)) return;
    const why =
      'its holder did not release it, and the provider of a registration did not confirm that no peer uses the memory; the file stays sealed';
    this.pendingBreak?.fail(systemError(errno.ETXTBSY, 'requestBreak', this.path, why));
    this.pendingBreak = undefined;
  }

  /** The lease is due, and the end of a registration is not confirmed. `isTaken`: the kernel has ended the lease. */
  private keepUnfenced(isTaken: boolean): void {
    for (const holder of [...this.holders]) {
      if (isTaken) holder.markWeakened();
      else holder.markUnfenced();
    }
  }
}
