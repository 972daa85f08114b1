import type { Region } from '../backend/region.js';

// A shorter list is not swept.
const FIRST_SWEEP = 64;

interface Loose {
  readonly reference: WeakRef<ArrayBuffer>;
  readonly end: number;
}

/**
 * Windows that only the caller keeps alive. Those that still live are detached with the other windows of the mapping.
 * The list is swept of collected ones when it has doubled: a sweep at each call would make n calls cost n * n.
 */
export class LooseWindows {
  private list: Loose[] = [];
  private sweepAt = FIRST_SWEEP;

  /** @param end - of the window, in the mapping. */
  add(buffer: ArrayBuffer, end: number): void {
    if (this.list.length >= this.sweepAt) this.sweep();
    this.list.push({ reference: new WeakRef(buffer), end });
  }

  private sweep(): void {
    // A window that was transferred away has length 0, and needs no detaching.
    this.list = this.list.filter(({ reference }) => (reference.deref()?.byteLength ?? 0) !== 0);
    this.sweepAt = Math.max(FIRST_SWEEP, 2 * this.list.length);
  }

  /** Detaches the windows that reach past `end`. */
  detachPast(region: Region, end: number): void {
    const past = this.list.filter((loose) => loose.end > end);
    this.list = this.list.filter((loose) => loose.end <= end);
    for (const { reference } of past) {
      const buffer = reference.deref();
      if (buffer !== undefined) region.detach(buffer);
    }
  }
}
