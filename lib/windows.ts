import { constants as bufferLimits } from 'node:buffer';
import type { Region } from './backend/backend.js';
import { outOfRange } from './errors.js';

/**
 * The largest window, and so the largest Buffer: 1 GiB. Node's Buffer methods are silently wrong past 2^31 - 1 bytes, so
 * a mapping of any size is handed out through windows of at most this much.
 */
export const MAX_VIEW = 2 ** 30;
const HALF = MAX_VIEW / 2;

const owner = Symbol('mapdirect.owner');

// While anybody holds a view, its ArrayBuffer holds the Mapping: garbage collection takes all of it or nothing.
function bind(window: ArrayBuffer, mapping: object): ArrayBuffer {
  Object.defineProperty(window, owner, { __proto__: null, value: mapping } as PropertyDescriptor);
  return window;
}

interface Window {
  readonly start: number;
  readonly buffer: ArrayBuffer;
}

/**
 * The ArrayBuffers over one mapping, made when they are first needed and kept: making one costs V8 a major collection
 * when it is large. Windows lie at multiples of 1 GiB; a range across a boundary gets one at a multiple of 512 MiB, and a
 * range that fits neither gets one of its own.
 *
 *   0        1G        2G        3G
 *   ├─ window ┼─ window ┼─ window ┤
 *        ├─ window ┼─ window ┤            on demand
 */
export class Windows {
  private readonly cached = new Map<number, ArrayBuffer>();
  // Those of arrayBuffer(): each call makes one, so they are not kept alive from here.
  private readonly loose = new Map<WeakRef<ArrayBuffer>, number>(); // -> where it ends

  constructor(private readonly mapping: object) {}

  /** `length` <= MAX_VIEW; the range is checked. */
  view(region: Region, offset: number, length: number): Buffer {
    const { start, buffer } = this.windowFor(region, offset, length);
    return Buffer.from(buffer, offset - start, length);
  }

  /** An ArrayBuffer of exactly that range, made anew. */
  own(region: Region, offset: number, length: number): ArrayBuffer {
    if (length > bufferLimits.MAX_LENGTH) {
      throw outOfRange('length', `<= ${bufferLimits.MAX_LENGTH}, the largest ArrayBuffer of this runtime`, length);
    }
    const buffer = bind(region.window(offset, length), this.mapping);
    for (const reference of this.loose.keys()) if (reference.deref() === undefined) this.loose.delete(reference);
    this.loose.set(new WeakRef(buffer), offset + length);
    return buffer;
  }

  private windowFor(region: Region, offset: number, length: number): Window {
    const whole = Math.floor(offset / MAX_VIEW) * MAX_VIEW;
    const half = Math.floor(offset / HALF) * HALF;
    const start = [whole, half].find((candidate) => length <= MAX_VIEW - (offset - candidate)) ?? offset;
    let buffer = this.cached.get(start);
    // Made anew when it ends too early: it was made before the mapping grew, or somebody transferred it away.
    if (buffer === undefined || buffer.byteLength - (offset - start) < length) {
      // The shorter one may be in use still: kept for detaching.
      if (buffer !== undefined) this.loose.set(new WeakRef(buffer), start + buffer.byteLength);
      buffer = bind(region.window(start, Math.min(MAX_VIEW, region.length - start)), this.mapping);
      this.cached.set(start, buffer);
    }
    return { start, buffer };
  }

  /** Detaches every window that reaches past `end`; 0: all of them. */
  detachPast(region: Region, end: number): void {
    for (const [start, buffer] of this.cached) {
      if (end !== 0 && start + buffer.byteLength <= end) continue;
      region.detach(buffer);
      this.cached.delete(start);
    }
    for (const [reference, reach] of this.loose) {
      if (end !== 0 && reach <= end) continue;
      const buffer = reference.deref();
      if (buffer !== undefined) region.detach(buffer);
      this.loose.delete(reference);
    }
  }
}
