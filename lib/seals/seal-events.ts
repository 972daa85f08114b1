import type { Extent } from '../file/extent-map.js';

/**
 * 'held': the seal holds. 'breaking': a break of it was requested. 'broken': it gave way. 'violated': blocks moved
 * although it was held. 'released': release(), close() or garbage collection ended it.
 */
export type SealState = 'held' | 'breaking' | 'broken' | 'violated' | 'released';

/** The result of {@link Seal.verify}. */
export interface SealReport {
  /** The state after the check. */
  readonly state: SealState;
  /** Every part of the file that is not at its place of seal time, with its flags of now. */
  readonly moved: Extent[];
}

/** The argument of the 'break' event: another user of the file wants to change its block map. */
export interface BreakNotice {
  /** Milliseconds until the seal gives way. */
  readonly deadline: number;
  /**
   * Releases the seal now. It may be taken out of the notice: `({ release }) => release()`.
   *
   * @throws As {@link Seal.release}: EBUSY.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const seal = mapping.seal({ policy: 'breakable' });
   * seal.on('break', ({ deadline, release }) => {
   *   console.log(`the blocks may move in ${deadline} ms`);
   *   release();
   * });
   * mapping.close();
   */
  release(): void;
}

/** The argument of the 'violated' event. */
export interface Violation {
  /** The extents that moved. */
  readonly moved: Extent[];
  /**
   * 'unfenced': the seal should have given way, and the provider of a registration did not confirm that no peer uses
   * the memory. This package lets no program in; the kernel may end a lease.
   */
  readonly reason?: 'unfenced';
}

/** The events of a seal, and the argument that each gives to its listeners. */
export interface SealEvents {
  /** Another user of the file wants to change its blocks. The notice has the time that is left. */
  break: BreakNotice;
  /** The seal gave way. The mapping of a breakable seal was fenced. */
  broken: void;
  /** The lease has ended: the seal is advisory now. */
  weakened: void;
  /** Blocks of the file have moved, or a registration was not fenced. */
  violated: Violation;
}
