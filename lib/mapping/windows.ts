import type { Region } from '../backend/region.js';
import { constants as bufferLimits } from 'node:buffer';
import { outOfRange } from '../core/errors.js';
import { LooseWindows } from './loose-windows.js';
import { bindWindow } from './owned-window.js';
import { endOf, WindowGrid, windowStart, type Window, type WindowOwner } from './window-grid.js';

/**
 * The largest view: 1 GiB. Node's Buffer methods are silently wrong past 2^31 - 1 bytes, so a mapping of any size is
 * given out through windows of about this size.
 */
export const MAX_VIEW = 2 ** 30;

/** A view of at most this many bytes ... */
export const SMALL_VIEW = 2 ** 16;
/** ... lies in an ArrayBuffer of at most this many. */
export const SMALL_WINDOW = 2 ** 20;

// After small windows in more slots than this, later views get large windows. V8 collects garbage for every 64 MiB of
// new ArrayBuffers: random access to 4 GiB was up to ten times as slow until each MiB had its window, and 1.5 times as
// slow after that.
const MOST_SMALL = 64;

// A window that was transferred away has length 0, and may end at 0.
const BEFORE_ALL = -1;

/**
 * The ArrayBuffers over one mapping. Large ones lie at multiples of 1 GiB, because making one costs V8 a major
 * collection. A range across a boundary gets one at a multiple of 512 MiB. A range that fits neither gets one of its
 * own.
 *
 *   0        1G        2G        3G
 *   ├─ window ┼─ window ┼─ window ┤
 *        ├─ window ┼─ window ┤            on demand
 *
 * Small views get small ones of 1 MiB in the same way: the structured clone algorithm (postMessage) copies the whole
 * ArrayBuffer of a view, and a byte stream detaches it from all other views. With views in very many slots the large
 * ones serve small views, too.
 */
export class Windows implements WindowOwner {
  private readonly large = new WindowGrid(MAX_VIEW, this);
  private loose: LooseWindows | undefined;
  private small: WindowGrid | undefined;
  /** Small views lie in so many slots that later ones get no small windows. */
  private scattered = false;
  /** The window of the last range that fitted into no slot. */
  private odd: Window | undefined;

  /** @param partial - the region gives windows over its parts. */
  constructor(
    private readonly mapping: object,
    private readonly partial = true,
  ) {}

  make(region: Region, start: number, length: number): ArrayBuffer {
    return bindWindow(region.window(start, length), this.mapping, region, start);
  }

  loosen(window: Window): void {
    this.loosenBuffer(window.buffer, endOf(window));
  }

  private loosenBuffer(buffer: ArrayBuffer, end: number): void {
    (this.loose ??= new LooseWindows()).add(buffer, end);
  }

  /** `length` <= MAX_VIEW; the range is checked. */
  view(region: Region, offset: number, length: number): Buffer {
    const { start, buffer } = this.windowFor(region, offset, length);
    return Buffer.from(buffer, offset - start, length);
  }

  /** As view(), for a view that stays inside the package: it leaves the few small windows to others. */
  innerView(region: Region, offset: number, length: number): Buffer {
    const { start, buffer } = this.large.over(region, offset, length) ?? this.oddOne(region, offset, length);
    return Buffer.from(buffer, offset - start, length);
  }

  private windowFor(region: Region, offset: number, length: number): Window {
    const isSmall = length <= SMALL_VIEW && !this.scattered && this.partial && region.length > SMALL_WINDOW;
    const grid = isSmall ? this.smallGrid() : this.large;
    return grid.over(region, offset, length) ?? this.oddOne(region, offset, length);
  }

  private smallGrid(): WindowGrid {
    this.small ??= new WindowGrid(SMALL_WINDOW, this);
    this.scattered = this.small.used > MOST_SMALL;
    return this.small;
  }

  private oddOne(region: Region, offset: number, length: number): Window {
    const { odd } = this;
    if (odd !== undefined && odd.start <= offset && endOf(odd) >= offset + length) return odd;
    if (odd !== undefined) this.loosen(odd);
    const start = windowStart(offset);
    return (this.odd = { start, buffer: this.make(region, start, offset + length - start) });
  }

  /** Makes an ArrayBuffer of exactly that range. */
  own(region: Region, offset: number, length: number): ArrayBuffer {
    if (length > bufferLimits.MAX_LENGTH) {
      throw outOfRange('length', `<= ${bufferLimits.MAX_LENGTH}, the largest ArrayBuffer of this runtime`, length);
    }
    const buffer = this.make(region, offset, length);
    this.loosenBuffer(buffer, offset + length);
    return buffer;
  }

  /** Detaches every window. */
  detachAll(region: Region): void {
    this.detachPast(region, BEFORE_ALL);
  }

  /** Detaches every window that reaches past `end`. */
  detachPast(region: Region, end: number): void {
    if (this.odd !== undefined) this.loosen(this.odd);
    this.odd = undefined;
    this.large.detachPast(region, end);
    this.small?.detachPast(region, end);
    this.loose?.detachPast(region, end);
  }
}
