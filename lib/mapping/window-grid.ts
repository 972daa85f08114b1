import type { Region } from '../backend/region.js';
import type { LooseWindows } from './loose-windows.js';

/** An ArrayBuffer over a part of a mapping. It has length 0 after a caller transferred it away. */
export interface Window {
  readonly start: number;
  readonly buffer: ArrayBuffer;
}

/** Makes an ArrayBuffer over that range of `region`. */
export type MakeWindow = (region: Region, start: number, length: number) => ArrayBuffer;

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
  private readonly slots = new Map<number, Window[]>(); // by start / half

  constructor(
    size: number,
    private readonly make: MakeWindow,
    private readonly loose: LooseWindows,
  ) {
    this.half = size / 2;
  }

  /** The number of slots with windows. */
  get used(): number {
    return this.slots.size;
  }

  /** A window over the range; undefined: the range fits into no slot. */
  over(region: Region, offset: number, length: number): Window | undefined {
    const { half } = this;
    const end = offset + length;
    const second = Math.floor(offset / half);
    const first = second - (second % 2);
    const slot = end <= (first + 2) * half ? first : second;
    if (end > (slot + 2) * half) return undefined;
    const windows = this.slots.get(slot) ?? [];
    return covering(windows, offset, end) ?? this.add(region, slot, windows, offset);
  }

  private add(region: Region, slot: number, windows: Window[], offset: number): Window {
    const end = Math.min((slot + 2) * this.half, region.length);
    let last = windows.at(-1);
    let start = last === undefined ? slot * this.half : windowStart(Math.min(endOf(last), offset));
    while (last !== undefined && (last.start >= start || last.buffer.byteLength < 2 * (end - start))) {
      start = Math.min(start, last.start);
      this.loosen(last);
      windows.pop();
      last = windows.at(-1);
    }
    const window = { start, buffer: this.make(region, start, end - start) };
    windows.push(window);
    this.slots.set(slot, windows);
    return window;
  }

  /** Stops keeping a window. It may still be in use, and is detached with the others. */
  private loosen(window: Window): void {
    if (window.buffer.byteLength !== 0) this.loose.add(window.buffer, endOf(window));
  }

  /** Detaches every window that reaches past `end`. */
  detachPast(region: Region, end: number): void {
    for (const [slot, windows] of this.slots) if (detachThosePast(windows, region, end)) this.slots.delete(slot);
  }
}
