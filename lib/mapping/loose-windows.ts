import type { Region } from '../backend/region.js';

// Below this many a sweep is not worth its while.
const FIRST_SWEEP = 64;

interface Loose {
  readonly reference: WeakRef<ArrayBuffer>;
  readonly end: number;
}

/**
 * ArrayBuffers that are in use as long as the user says, so that they are not kept alive from here; those that still live must be
 * detached with the others. Collected ones are swept out when the list has doubled: a sweep at each call would make n calls
 * cost n * n.
 */
export class LooseWindows {
  private list: Loose[] = [];
  private sweepAt = FIRST_SWEEP;

  /** `end`: where it ends in the mapping. */
  add(buffer: ArrayBuffer, end: number): void {
    if (this.list.length >= this.sweepAt) this.sweep();
    this.list.push({ reference: new WeakRef(buffer), end });
  }

  private sweep(): void {
    // A detached one (transferred away) is nobody's window any more.
    this.list = this.list.filter(({ reference }) => (reference.deref()?.byteLength ?? 0) !== 0);
    this.sweepAt = Math.max(FIRST_SWEEP, 2 * this.list.length);
  }

  /** Detaches those that reach past `end`. */
  detachPast(region: Region, end: number): void {
    const past = this.list.filter((loose) => loose.end > end);
    this.list = this.list.filter((loose) => loose.end <= end);
    for (const { reference } of past) {
      const buffer = reference.deref();
      if (buffer !== undefined) region.detach(buffer);
    }
  }
}
