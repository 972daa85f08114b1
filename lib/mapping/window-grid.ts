import type { Region } from '../backend/region.js';

/** An ArrayBuffer over a part of a mapping. It has length 0 after a caller transferred it away. */
export interface Window {
  readonly start: number;
  readonly buffer: ArrayBuffer;
}

/** The owner of a grid. */
export interface WindowOwner {
  /** Makes an ArrayBuffer over that range of `region`. */
  make(region: Region, start: number, length: number): ArrayBuffer;
  /** Stops keeping a window. It may still be in use, and must be detached with the others. */
  loosen(window: Window): void;
}

// A typed array over the ArrayBuffer of a view needs an offset that is a multiple of 8. Atomics need such an address,
// too.
const ALIGNMENT = 64;

/** The last possible start of a window at or before `offset`. */
export function windowStart(offset: number): number {
  return offset - (offset % ALIGNMENT);
}

export function endOf({ start, buffer }: Window): number {
  return start + buffer.byteLength;
}

/**
 * A window over [offset, end). The windows are ordered by start and by end: the last that starts early enough ends
 * last.
 */
function covering(windows: readonly Window[], offset: number, end: number): Window | undefined {
  for (let i = windows.length - 1; i >= 0; i--) {
    const window = windows[i];
    if (window !== undefined && window.start <= offset) return endOf(window) >= end ? window : undefined;
  }
  return undefined;
}

/**
 * Detaches the windows that reach past `end`. One that was transferred away ends at its start: it may end before the
 * window in front of it.
 *
 * @returns true: none is left.
 */
function detachThosePast(windows: Window[], region: Region, end: number): boolean {
  let kept = 0;
  for (const window of windows) {
    if (endOf(window) > end) region.detach(window.buffer);
    else windows[kept++] = window;
  }
  windows.length = kept;
  return kept === 0;
}

/**
 * The windows of one size over one mapping. A window is made when it is first needed, and kept. Each lies in a slot:
 * `size` bytes at a multiple of half the size. So every range of up to half the size fits into one slot.
 *
 * When a mapping grows in place, its last window is too short. The new part gets another window: a file that grows by
 * pages must not pay for its whole length at each step. One larger window replaces small ones, as a digit of a binary
 * counter replaces lower ones. So a slot has few windows.
 */
export class WindowGrid {
  private readonly half: number;
  /** The windows in the slot at 0: most mappings have no other, and so need no Map. */
  private first: Window[] | undefined;
  private others: Map<number, Window[]> | undefined; // by start / half

  constructor(
    size: number,
    private readonly owner: WindowOwner,
  ) {
    this.half = size / 2;
  }

  /** The number of slots with windows. */
  get used(): number {
    return (this.first === undefined ? 0 : 1) + (this.others?.size ?? 0);
  }

  /** A window over the range; undefined: the range fits into no slot. */
  over(region: Region, offset: number, length: number): Window | undefined {
    const { half } = this;
    const end = offset + length;
    const second = Math.floor(offset / half);
    const first = second - (second % 2);
    const slot = end <= (first + 2) * half ? first : second;
    if (end > (slot + 2) * half) return undefined;
    const windows = slot === 0 ? this.first : this.others?.get(slot);
    if (windows === undefined) return this.begin(region, slot);
    return covering(windows, offset, end) ?? this.add(region, slot, windows, offset);
  }

  /** The first window of a slot. */
  private begin(region: Region, slot: number): Window {
    const window = this.windowIn(region, slot, slot * this.half);
    if (slot === 0) this.first = [window];
    else (this.others ??= new Map<number, Window[]>()).set(slot, [window]);
    return window;
  }

  private add(region: Region, slot: number, windows: Window[], offset: number): Window {
    const end = this.endIn(region, slot);
    let last = windows.at(-1);
    let start = last === undefined ? slot * this.half : windowStart(Math.min(endOf(last), offset));
    while (last !== undefined && (last.start >= start || last.buffer.byteLength < 2 * (end - start))) {
      start = Math.min(start, last.start);
      if (last.buffer.byteLength !== 0) this.owner.loosen(last);
      windows.pop();
      last = windows.at(-1);
    }
    const window = this.windowIn(region, slot, start);
    windows.push(window);
    return window;
  }

  private endIn({ length }: Region, slot: number): number {
    return Math.min((slot + 2) * this.half, length);
  }

  private windowIn(region: Region, slot: number, start: number): Window {
    return { start, buffer: this.owner.make(region, start, this.endIn(region, slot) - start) };
  }

  /** Detaches every window that reaches past `end`. */
  detachPast(region: Region, end: number): void {
    if (this.first !== undefined && detachThosePast(this.first, region, end)) this.first = undefined;
    if (this.others === undefined) return;
    for (const [slot, windows] of this.others) if (detachThosePast(windows, region, end)) this.others.delete(slot);
  }
}
