import { inodeKey } from '../storage/inode-id.js';
import type { LeaseEvents, LeaseNotice } from '../backend/lease-events.js';
import type { Region } from '../backend/region.js';
import type { OpenFile } from '../backend/open-file.js';
import { setTimeout } from 'node:timers';
import type { Backend } from '../backend/backend.js';
import { errno, systemError } from '../core/errors.js';
import type { Identity } from '../storage/inode-id.js';
import { readExtentMap, unmoved, unmovedOrStored, type Extent, type ExtentMap } from '../file/extent-map.js';
import { sealedInodes } from './sealed-inodes.js';
import { runAsync, type Operation } from '../core/sync-or-async.js';
import { forgetWatch, onWatch } from './lease-listener.js';
import { Breaking } from './pending-break.js';
import type { InodeLease } from './inode-lease.js';
import { leaseBreakTime } from './lease-break-time.js';
import { LONGEST_MS, type Enforcement, type ParsedSealOptions, type SealPolicy } from './options.js';
import { isSealedByOthers } from './seal-locks.js';
import { dropSeal, setBreakable, takeSeal } from './protocol.js';
import type { SealState } from './seal-events.js';
import { SealHolder, type HeldInode } from './seal-holder.js';

// A stranger's writes are hints too, and may be many: the map is not read again sooner than this after it was read.
const HINT_PAUSE_MS = 20;

let warned = false;

/** The seal holds all the same; strangers are found out by verify() only. */
function warnUnwatched({ message }: Error): void {
  if (warned) return;
  warned = true;
  const text = `A sealed file cannot be watched, so what strangers do to it shows at seal.verify() only. ${message}`;
  process.emitWarning(text, { type: 'MapdirectWarning', code: 'MAPDIRECT_UNWATCHED' });
}

/** What a sealed inode consists of. */
export interface SealedParts {
  readonly backend: Backend;
  /** A reference that is given back with the last seal. */
  readonly file: OpenFile;
  /** As the first who sealed it named it. */
  readonly path: string | undefined;
  /** Carries the locks of the protocol; undefined: the kernel or the driver keeps the map still, or the backend has no locks. */
  readonly lock: { readonly fd: number; readonly own: boolean } | undefined;
  readonly exclusive: boolean;
  readonly lease: InodeLease | undefined;
  readonly map: ExtentMap;
}

/** Everything that all seals of one inode in this thread have in common: the lock, the lease, the fingerprint. */
export class SealedInode implements HeldInode {
  readonly dev: Identity;
  readonly ino: Identity;
  readonly path: string | undefined;
  readonly exclusive: boolean;
  readonly holders = new Set<SealHolder>();
  /** How many of them are breakable. */
  private breakables = 0;

  private readonly backend: Backend;
  readonly file: OpenFile;
  private lock: SealedParts['lock'];
  private lease: InodeLease | undefined;
  private watch: number | undefined;
  private map: ExtentMap;
  private breaking: Breaking | undefined;
  private isRung = false;
  private ownerChangedIt = false;
  private ownersOperations = 0;
  /** Counts what makes a reading of the map that began before it a reading of the past. */
  private revision = 0;
  private readers = 0;
  private hasEnded = false;
  private looking = false;
  private hintedAgain = false;

  constructor(parts: SealedParts) {
    const { backend, file } = parts;
    this.backend = backend;
    this.file = file;
    this.dev = file.dev;
    this.ino = file.ino;
    this.path = parts.path;
    this.lock = parts.lock;
    this.exclusive = parts.exclusive;
    this.lease = parts.lease;
    this.map = parts.map;
    sealedInodes.set(inodeKey(file), this);
    this.listen();
  }

  /** The position of the mapping's own may be the caller's too. */
  private get lookingFd(): number {
    return this.lock?.fd ?? this.file.fd;
  }

  private get bells(): LeaseEvents | undefined {
    return this.backend.leaseEvents;
  }

  private listen(): void {
    if (this.bells === undefined || this.file.device !== undefined) return;
    this.lease?.listen((notice, detail) => this.leaseNoticed(notice, detail));
    try {
      this.watch = this.bells.watch(this.file.fd, this.path);
    } catch (error) {
      warnUnwatched(error as Error);
      return;
    }
    onWatch(this.bells, this.watch, () => void this.look());
  }

  /** The registry refuses what it must. Where it does not, the kernel does, and the registry stands back. */
  get binds(): boolean {
    return this.lock !== undefined || !this.backend.capabilities.sealLocks;
  }

  get enforcement(): Enforcement {
    if (!this.binds) return 'kernel';
    return this.lease?.isWhole === true ? 'lease' : 'advisory';
  }

  /** Another thread or process has a seal of it as well. */
  isSharedWithOthers(): boolean {
    return this.lock !== undefined && isSealedByOthers(this.file.files, this.lock.fd, this, this.path, /*own=*/ 1);
  }

  /** Somebody waits for its seals to give way. */
  get isBreaking(): boolean {
    return this.breaking !== undefined || this.isRung;
  }

  extents(): readonly Extent[] {
    return this.map.extents();
  }

  /** One more holder. @throws EBUSY: the lease is just being let go. */
  hold({ policy, enforcement, deadline }: ParsedSealOptions, kernel: boolean): SealHolder {
    const seal = new SealHolder(this, {
      policy,
      demanded: enforcement,
      deadline: deadline ?? Math.min(leaseBreakTime(), LONGEST_MS),
      kernel,
    });
    this.holders.add(seal);
    if (policy === 'breakable') this.breakables++;
    if (this.agree()) return seal;
    this.drop(seal);
    throw systemError(
      errno.EBUSY,
      'seal',
      this.path,
      'somebody waited for the file until the deadline of its lease, which is just being let go; seal again',
    );
  }

  /** What the lease may do by itself and what others may ask for goes by the policy of all holders. @returns false: it is gone, or going. */
  private agree(): boolean {
    const { lease, lock } = this;
    if (lease === undefined || lock === undefined) return true;
    const yields = this.policy === 'breakable';
    setBreakable(this.file.files, lock.fd, yields, this.path);
    return lease.yields(yields);
  }

  /**
   * The last one out opens the file for everybody, at once or when the owner's last operation has ended.
   *
   * @returns false: its memory was cut off from the file before, and the notice of that is under way.
   */
  drop(seal: SealHolder): boolean {
    if (!this.holders.delete(seal)) return true;
    if (seal.policy === 'breakable') this.breakables--;
    const isWhole = this.lease?.spare(seal) ?? true;
    if (this.holders.size > 0) this.agree();
    else if (this.ownersOperations === 0) this.end();
    return isWhole;
  }

  private end(): void {
    this.hasEnded = true;
    sealedInodes.delete(inodeKey(this.file));
    if (this.watch !== undefined) {
      forgetWatch(this.watch);
      this.bells?.unwatch(this.watch);
    }
    const { lock, file } = this;
    // The lock first: who is let in by the lease's end finds the file unsealed.
    if (lock !== undefined) dropSeal(file.files, lock.fd, this.path);
    this.lease?.release();
    this.lease = undefined;
    this.breaking?.end();
    if (this.readers === 0) this.closeFile();
  }

  /** Not while its map is being read: the descriptor's number could be somebody else's by then. */
  private closeFile(): void {
    const { lock, file } = this;
    if (lock?.own === true) file.files.close(lock.fd);
    file.release();
  }

  /** Everybody who holds it, from the strictest: one that must not be broken is enough. */
  get policy(): SealPolicy {
    if (this.exclusive) return 'exclusive';
    return this.breakables === this.holders.size ? 'breakable' : 'refuse';
  }

  /** What is the matter with any of them. */
  get state(): SealState {
    const states = [...this.holders].map(({ state }) => state);
    return (['violated', 'breaking'] as const).find((state) => states.includes(state)) ?? 'held';
  }

  /** Reads the map again. @returns what moved. */
  *verify(): Operation<Extent[]> {
    if (this.file.device !== undefined || !this.backend.capabilities.sealLocks) return [];
    return this.compare(yield* this.read('synced'));
  }

  private *read(question: 'now' | 'synced'): Operation<ExtentMap> {
    this.readers++;
    try {
      return yield* readExtentMap(this.file.files, this.lookingFd, question, this.path);
    } finally {
      this.readers--;
      if (this.readers === 0 && this.hasEnded) this.closeFile();
    }
  }

  /** The kernel's seal of one mapping is joined by one of the protocol, which may outlive it. */
  *lockToo(lock: { readonly fd: number; readonly own: boolean }): Operation<void> {
    try {
      yield* takeSeal(this.file.files, lock.fd, /*exclusive=*/ false, this.path);
    } catch (error) {
      if (lock.own) this.file.files.close(lock.fd);
      throw error;
    }
    this.lock = lock;
  }

  private settle(now: ExtentMap): Extent[] {
    this.map = now;
    this.revision++;
    return [];
  }

  private compare(now: ExtentMap): Extent[] {
    if (this.ownersOperations > 0) return []; // half of a change says nothing: the next reading after it counts
    if (this.ownerChangedIt) {
      this.ownerChangedIt = false;
      return this.settle(now);
    }
    // The owner of an exclusive seal may have added holes and unwritten blocks. Its plain stores fill them, and move nothing.
    const moved = this.map.movedIn(now, this.exclusive ? unmovedOrStored : unmoved);
    if (moved.length > 0) for (const seal of [...this.holders]) seal.markViolated(moved);
    else if (this.exclusive) this.settle(now); // blocks that were filled must stay from now on
    return moved;
  }

  /**
   * Lets the owner of an exclusive seal change the map. @returns a function that ends the change: the map that is read after it is the new
   * fingerprint. Nobody else can seal the file before.
   */
  enterAsOwner(): () => void {
    this.ownersOperations++;
    this.revision++;
    return () => {
      this.ownerChangedIt = true;
      this.ownersOperations--;
      this.revision++;
      if (this.ownersOperations === 0 && this.holders.size === 0) this.end();
    };
  }

  /** After a hint: reads the map off the main thread, one reading at a time. */
  private async look(): Promise<void> {
    if (this.holders.size === 0) return;
    if (this.looking) {
      this.hintedAgain = true;
      return;
    }
    this.looking = true;
    try {
      do {
        this.hintedAgain = false;
        const { revision } = this;
        // What the owner wrote may still wait for its place.
        const now = await runAsync(this.read(this.ownerChangedIt ? 'synced' : 'now'));
        if (this.holders.size === 0) return;
        // If the owner changed it meanwhile, a hint of that is under way.
        if (revision === this.revision) this.compare(now);
        await new Promise((resolve) => setTimeout(resolve, HINT_PAUSE_MS).unref());
      } while (this.hintedAgain && this.holders.size > 0);
    } catch {
      // The file cannot be read any more: verify() says so to whoever asks.
    } finally {
      this.looking = false;
    }
  }

  private leaseNoticed(notice: LeaseNotice, detail: number): void {
    this.isRung = false;
    if (notice === 'break') this.rung(detail);
    else if (notice === 'ended') this.leaseGone();
    else if (this.breaking === undefined) for (const seal of this.holders) seal.withdrawBreak();
  }

  /** Somebody's open waits for the lease. */
  private rung(deadline: number): void {
    this.isRung = true;
    for (const seal of [...this.holders]) seal.announceBreak(Math.min(deadline, seal.deadline));
  }

  /** Even if this thread is blocked then; as long as the seal is held. */
  fenceOnLeaseEnd(seal: SealHolder, region: Region): boolean {
    this.lease?.protect(seal, region);
    return this.lease !== undefined;
  }

  /** The lease was let go without us: its time was up. */
  private leaseGone(): void {
    this.lease?.forget();
    this.lease = undefined;
    for (const seal of [...this.holders]) {
      if (seal.policy === 'breakable') seal.fenceAndBreak();
      else seal.loseLease();
    }
    void this.look();
  }

  /**
   * Asks every holder to give way, and waits for it. @param deadline - in milliseconds; the holders' own is the latest.
   */
  requestBreak(deadline = Infinity): Promise<void> {
    const patience = Math.min(deadline, ...[...this.holders].map((seal) => seal.deadline));
    this.breaking ??= new Breaking(() => this.fenceAll());
    this.breaking.within(patience);
    for (const seal of [...this.holders]) seal.announceBreak(this.breaking.left);
    return this.breaking.done;
  }

  /** The deadline: fence first, then let it happen. */
  private fenceAll(): void {
    for (const seal of [...this.holders]) seal.fenceAndBreak();
  }
}
