import { inspect, type InspectOptionsStylized } from 'node:util';
import { channels } from '../core/channels.js';
import { illegalConstructor } from '../core/errors.js';
import { inOneLine } from '../core/inspect-line.js';
import { LazyEmitter } from '../core/lazy-emitter.js';
import { runSync } from '../core/sync-or-async.js';
import type { Extent } from '../file/extent-map.js';
import { publishBreak, publishSeal } from './messages.js';
import type { Enforcement, SealPolicy } from './options.js';
import type { SealEvents, SealReport, SealState } from './seal-events.js';
import type { SealHolder } from './seal-holder.js';

/** The plain data of a Seal that is printed or logged. */
export interface SealSummary {
  /** The path of the mapping. Missing: it has none. */
  readonly path?: string;
  /** The policy that was asked for. */
  readonly policy: SealPolicy;
  /** The enforcement that holds now. */
  readonly enforcement: Enforcement;
  /** The state of the seal. */
  readonly state: SealState;
}

const NOT_CLONED = Symbol(
  'A Seal belongs to its thread, and another one makes its own: post mapping.share(), attach() it there, and seal() that. A Seal',
);

// Only this file can give it to the constructor.
const KEY = Symbol('the key of the constructor');

let construct: (holder: SealHolder) => Seal;

/**
 * While a seal is held, the block map of the whole file may not change: no truncation, no hole, no clone. docs/seals.md
 * says which programs each enforcement refuses, and which it does not.
 *
 * It ends with release(), with close() or the garbage collection of its mapping, and with the process. Nothing stays
 * behind.
 *
 * Events:
 * - 'break' ({ deadline, release() }): another user of the file waits for the seal. It gives way after `deadline`
 *   milliseconds.
 * - 'broken': the seal gave way. The mapping of a breakable seal was fenced: nothing of it reaches the file any more.
 * - 'weakened': the lease has ended. The seal is advisory now.
 * - 'violated' ({ moved }): a program that does not take part in the seal protocol moved blocks. With `reason`
 *   'unfenced': the seal should give way, and a registration has not ended (docs/registration.md).
 *
 * An event never keeps the process alive.
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
  /** Hard private: the methods of the holder are not for callers. */
  readonly #holder: SealHolder;
  /** 'refuse', 'exclusive' or 'breakable', as asked for. */
  readonly policy: SealPolicy;

  static {
    construct = (holder) => new Seal(KEY, holder);
  }

  private constructor(key?: typeof KEY, holder?: SealHolder) {
    super(NOT_CLONED);
    if (key !== KEY || holder === undefined)
      throw illegalConstructor('Seal', 'mapping.seal() and map() with direct make a Seal');
    this.#holder = holder;
    this.policy = holder.policy;
    if (channels.seal.hasSubscribers) publishSeal(holder);
    holder.setEmitter((event, argument) => {
      if (channels.break.hasSubscribers) publishBreak(holder, event, argument);
      this.emit(event, argument);
    });
  }

  /**
   * The enforcement that holds now. 'lease' only as long as the kernel still has the lease and no open waits for it.
   */
  get enforcement(): Enforcement {
    return this.#holder.enforcement;
  }

  /** 'held', 'breaking', 'broken', 'violated' or 'released'. */
  get state(): SealState {
    return this.#holder.state;
  }

  /** The extents of the file at seal time: offset and length in bytes, and flags. */
  get extents(): readonly Extent[] {
    return this.#holder.extents;
  }

  /**
   * Reads the extents again and compares them with those of seal time. A difference makes the seal 'violated', for
   * good. A seal that has ended reads nothing: `moved` is empty.
   *
   * Not promised: a change that FIEMAP does not show. On tmpfs only holes and the size are compared.
   *
   * @throws The errno of fsync(2) or of FIEMAP, for instance EIO.
   *
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const { state, moved } = mapping.seal().verify();
   * console.log(state, moved.length); // held 0
   * mapping.close();
   */
  verify(): SealReport {
    const moved = runSync(this.#holder.verify());
    return { state: this.state, moved };
  }

  /**
   * Ends the seal. A second call does nothing. If the deadline of its lease has passed already, the seal is 'broken'
   * and the mapping fenced. A seal that the kernel enforces ('kernel') holds until its mapping is closed.
   *
   * @throws EBUSY: a registration relies on the seal; deregister it first.
   * @example
   * const { map, seals } = require('mapdirect');
   * const mapping = map('data.bin');
   * const seal = mapping.seal();
   * seal.release();
   * console.log(seal.state, seals.isSealed('data.bin')); // released false
   * mapping.close();
   */
  release(): void {
    this.#holder.release();
  }

  /** {@link release} at the end of a block with `using`. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** For JSON.stringify() and loggers. Works on a seal that has ended, too. */
  toJSON(): SealSummary {
    const { policy, enforcement, state } = this;
    const { path } = this.#holder;
    return { ...(path === undefined ? {} : { path }), policy, enforcement, state };
  }

  /** One line for console.log() and util.inspect(). */
  [inspect.custom](_depth: number, options: InspectOptionsStylized, print: typeof inspect): string {
    return inOneLine('Seal', #holder in this ? this.toJSON() : undefined, options, print);
  }

  get [Symbol.toStringTag](): string {
    return 'Seal';
  }
}

/** Makes the public object of a holder. @internal */
export function sealFor(holder: SealHolder): Seal {
  return construct(holder);
}
