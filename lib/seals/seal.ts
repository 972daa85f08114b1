import type { Region } from '../backend/region.js';
import { inOneLine } from '../core/inspect-line.js';
import { inspect, type InspectOptionsStylized } from 'node:util';
import type { Extent } from '../file/extent-map.js';
import { illegalConstructor } from '../core/errors.js';
import { LazyEmitter } from '../core/lazy-emitter.js';
import { runSync } from '../core/sync-or-async.js';
import type { Enforcement, SealPolicy } from './options.js';
import type { SealedInode } from './sealed-inode.js';

/** 'breaking': somebody waits for it. 'broken': it had to give way. 'violated': blocks moved under it. */
export type SealState = 'held' | 'breaking' | 'broken' | 'violated' | 'released';

/** What {@link Seal.verify} found. */
export interface SealReport {
  readonly state: SealState;
  /** Every part of the file that is not where it was at seal time, with the flags that it has now. */
  readonly moved: Extent[];
}

/** Somebody wants to change the block map. */
export interface BreakNotice {
  /** Milliseconds until it is let happen. */
  readonly deadline: number;
  /** Gives way now. */
  release(): void;
}

/** The events of a seal and what their listeners get. */
export interface SealEvents {
  break: BreakNotice;
  broken: void;
  weakened: void;
  violated: { readonly moved: Extent[] };
}

/** What a Seal says of itself where it is printed or logged; plain data. */
export interface SealSummary {
  readonly path?: string;
  readonly policy: SealPolicy;
  readonly enforcement: Enforcement;
  readonly state: SealState;
}

const NOT_CLONED = Symbol(
  'A Seal belongs to its thread, and another one makes its own: post mapping.share(), attach() it there, and seal() that. A Seal',
);

/** A mapping as its seal sees it: what must not reach the file any more when the seal gave way. */
export interface Fenceable {
  fence(): void;
}

/**
 * While it is held, the block map of the whole file may not change: no truncation, no hole, no clone, for as long as the
 * mapping lives. docs/seals.md says who is held off at which level, and who is not.
 *
 * It ends with release(), with close() or the garbage collection of its mapping, and with the process; nothing stays behind.
 *
 * Events: 'break' ({ deadline, release() }): somebody waits; 'broken': it gave way, and a breakable seal's mapping was fenced;
 * 'weakened': the lease is gone, the seal is advisory now; 'violated' ({ moved }): a stranger moved blocks. An event never
 * keeps the process alive.
 *
 * @example
 * const { map } = require('mapdirect');
 * const mapping = map('data.bin');
 * const seal = mapping.seal({ policy: 'refuse' });
 * seal.on('violated', ({ moved }) => console.error('blocks moved', moved));
 * mapping.close(); // the seal ends too
 * console.log(seal.state); // released
 */
export class Seal extends LazyEmitter<SealEvents> implements Disposable {
  private current: SealState = 'held';
  private asked = false;
  private mapping: WeakRef<Fenceable> | undefined;
  private released: () => void = () => undefined;

  /** @internal */
  constructor(
    private readonly inode: SealedInode,
    readonly policy: SealPolicy,
    /** The weakest that its owner accepts. @internal */
    readonly demanded: Enforcement,
    /** How long one who waits is made to wait, in milliseconds. @internal */
    readonly deadline: number,
    /** Its mapping has MAP_DIRECT. @internal */
    readonly kernel: boolean,
  ) {
    super(NOT_CLONED);
    if (Object(inode) !== inode) throw illegalConstructor('Seal', 'mapping.seal() and map() with direct make a Seal');
  }

  /** Who is held off now. 'lease' is said only while the kernel says so. */
  get enforcement(): Enforcement {
    return this.kernel ? 'kernel' : this.inode.enforcement;
  }

  get state(): SealState {
    return this.current;
  }

  /** Where nothing was in the way at seal time: offset, length, flags. */
  get extents(): readonly Extent[] {
    return this.inode.extents();
  }

  /**
   * Re-reads the extents and holds them against those of seal time. A difference makes the seal 'violated', for good.
   *
   * Not promised: what no FIEMAP tells. On tmpfs only holes and the size are seen. A seal that has ended is not looked at: nothing moved.
   *
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const { state, moved } = mapping.seal().verify();
   * console.log(state, moved.length); // held 0
   * mapping.close();
   */
  verify(): SealReport {
    if (this.hasEnded) return { state: this.current, moved: [] };
    const moved = runSync(this.inode.verify());
    return { state: this.current, moved };
  }

  /** Lets go. Calling it again does nothing. Too late for the deadline of its lease it is 'broken', and the mapping fenced. What the kernel itself enforces ('kernel') ends with the mapping, not before. */
  release(): void {
    if (this.hasEnded) return;
    this.current = 'released';
    if (this.inode.drop(this)) {
      this.released();
      return;
    }
    this.current = 'broken';
    this.mapping?.deref()?.fence();
    this.emit('broken', undefined);
  }

  private get hasEnded(): boolean {
    return this.current === 'released' || this.current === 'broken';
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** For JSON.stringify() and loggers. Also of a seal that has ended. */
  toJSON(): SealSummary {
    const { policy, enforcement, state } = this;
    const { path } = this.inode;
    return { ...(path === undefined ? {} : { path }), policy, enforcement, state };
  }

  /** One line for console.log() and util.inspect(). */
  [inspect.custom](_depth: number, options: InspectOptionsStylized, print: typeof inspect): string {
    return inOneLine('Seal', Object.hasOwn(this, 'inode') ? this.toJSON() : undefined, options, print);
  }

  get [Symbol.toStringTag](): string {
    return 'Seal';
  }

  /** Whose memory it protects. Held weakly: a seal does not keep its mapping. @param released - called after release(), if the mapping is still there. @internal */
  protects<M extends Fenceable>(mapping: M, released: (mapping: M, seal: Seal) => void): void {
    const held = new WeakRef(mapping);
    this.mapping = held;
    this.released = () => {
      const still = held.deref();
      if (still !== undefined) released(still, this);
    };
  }

  /** Its memory, which is cut off from the file before a lease is let go for want of an answer. @returns whether there is a lease. @internal */
  cuts(region: Region): boolean {
    return this.inode.cutAtDeadline(this, region);
  }

  /** Told once, until noticeWhole(). @internal */
  noticeBreak(deadline: number): void {
    if (this.asked || this.hasEnded) return;
    this.asked = true;
    if (this.current === 'held') this.current = 'breaking';
    this.emit('break', { deadline, release: () => this.release() });
  }

  /** Nobody waits any more. @internal */
  noticeWhole(): void {
    this.asked = false;
    if (this.current === 'breaking') this.current = 'held';
  }

  /** The one who waited was let in without the seal. @internal */
  noticeWeakened(): void {
    this.noticeWhole();
    if (this.demanded === 'lease') this.breaks();
    else this.emit('weakened', undefined);
  }

  /** It gives way: first nothing of the mapping reaches the file any more. @internal */
  fenceAndBreak(): void {
    this.mapping?.deref()?.fence();
    this.breaks();
  }

  private breaks(): void {
    this.current = 'broken';
    this.inode.drop(this);
    this.emit('broken', undefined);
  }

  /** @internal */
  noticeViolated(moved: Extent[]): void {
    if (this.hasEnded || this.current === 'violated') return;
    this.current = 'violated';
    this.emit('violated', { moved });
  }
}
