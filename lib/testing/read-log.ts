import type { Span } from '../backend/region.js';
import { WORD_BYTES } from '../core/word.js';

/** The words that a recovery has loaded, in the order of their first loads, but for those that it has stored before. */
export interface Reads {
  /** All: the result depends on no other one. */
  readonly words: ReadonlySet<number>;
  /**
   * Those that loads of at most a word have read. Others may be unused: a wide load of the C library reads more than it
   * is asked for, and Atomics.store() swaps.
   */
  readonly sure: ReadonlySet<number>;
}

const NOTHING: ReadonlySet<number> = new Set();

/** Nothing was read, or the loads are not traced. */
export const NO_READS: Reads = { words: NOTHING, sure: NOTHING };

/** Collects {@link Reads}. */
export class ReadLog {
  private words = new Set<number>();
  private sure = new Set<number>();
  /** The bytes that it has stored itself. */
  private own = new Set<number>();

  /** @param alone - the instruction does not store. */
  load({ offset, length }: Span, alone: boolean): void {
    const end = offset + length;
    const sets = alone && length <= WORD_BYTES ? [this.words, this.sure] : [this.words];
    for (let word = Math.floor(offset / WORD_BYTES); word * WORD_BYTES < end; word++) {
      if (sets.every((set) => set.has(word))) continue;
      if (this.own.size > 0 && this.isOwn(Math.max(offset, word * WORD_BYTES), Math.min(end, (word + 1) * WORD_BYTES)))
        continue;
      for (const set of sets) set.add(word);
    }
  }

  private isOwn(start: number, end: number): boolean {
    for (let byte = start; byte < end; byte++) if (!this.own.has(byte)) return false;
    return true;
  }

  store({ offset, length }: Span): void {
    for (let byte = offset; byte < offset + length; byte++) this.own.add(byte);
  }

  /** The words so far. The log begins anew. */
  take(): Reads {
    const { words, sure } = this;
    this.words = new Set();
    this.sure = new Set();
    this.own = new Set();
    return { words, sure };
  }
}
