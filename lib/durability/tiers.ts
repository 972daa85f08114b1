import type { LineRegion, Region, Span } from '../backend/region.js';
import { constants } from '../core/constants.js';
import { EMULATED_METHOD } from '../core/granularity.js';
import type { Durability } from './durability.js';
import { flushPages, flushPagesAsync, flushSpans } from './page-flush.js';
import { WORD_BYTES } from '../core/word.js';
import { checkBounds, ownCopy, pageSpans, refusePair, type Ranges } from '../core/range-list.js';

/**
 * The functions by which a mapping makes its bytes durable, chosen once when it is made. The caller has checked every
 * argument, but for those of persistRanges(). No range is empty.
 */
export interface Tier {
  /** Starts the write-back. The range is durable only after {@link drain}. */
  flush(region: Region, offset: number, length: number): void;
  /** Waits for every earlier flush. */
  drain(region: Region): void;
  /** flush and drain. */
  persist(region: Region, offset: number, length: number): void;
  persistAsync(region: Region, offset: number, length: number): Promise<void>;
  persistRanges(region: Region, ranges: Ranges): void;
  /**
   * Copies the first `length` bytes of `source` and flushes them; with `drain` it also drains. `source` may be longer
   * by now.
   */
  write(region: Region, source: Uint8Array, offset: number, length: number, drain: boolean): void;
  fill(region: Region, value: number, offset: number, length: number): void;
  /** Stores the word of 8 bytes at `offset`, and makes it durable. */
  persistWord(region: Region, value: bigint | number, offset: number): void;
}

const { PAGE_SIZE } = constants;
// Up to this length another thread costs more than the flush (8 us on the machines that were measured).
const INLINE_LINES = 2 ** 16;

/** The units (bytes of a page, or 1) that the ranges touch, checked against the region. */
function spansOf({ length: size }: Region, given: Ranges, unit = PAGE_SIZE): Span[] {
  const ranges = ownCopy(given);
  checkBounds(ranges, size);
  return Array.from(pageSpans(ranges, unit), ({ offset, length }) => ({
    offset,
    length: Math.min(length, size - offset),
  }));
}

/**
 * msync(2), or its emulation. It waits for the disk itself, so drain() has no work. Its flushes are counted, timed and
 * published: beside the disk that costs nothing.
 */
const pageTier: Tier = Object.freeze<Tier>({
  flush: flushPages,
  drain: () => undefined,
  persist: flushPages,
  persistAsync: flushPagesAsync,
  persistRanges: (region, ranges) => flushSpans(region, spansOf(region, ranges)),
  write(region, source, offset, length) {
    region.store(source, offset, length);
    flushPages(region, offset, length);
  },
  fill(region, value, offset, length) {
    region.storeValue(value, offset, length);
    flushPages(region, offset, length);
  },
  persistWord(region, value, offset) {
    region.storeWord(value, offset);
    flushPages(region, offset, WORD_BYTES);
  },
});

/**
 * Memory without a disk. There msync(2) makes nothing durable and takes 0.3 us: two looks at the clock would be a third
 * of that, and the question which ranges could be joined would cost more than their calls.
 */
const volatileTier: Tier = Object.freeze<Tier>({
  flush: (region, offset, length) => region.sync(offset, length),
  drain: () => undefined,
  persist: (region, offset, length) => region.sync(offset, length),
  persistAsync: (region, offset, length) => region.syncAsync(offset, length),
  persistRanges(region, ranges) {
    for (const { offset, length } of spansOf(region, ranges)) region.sync(offset, length);
  },
  write(region, source, offset, length) {
    region.store(source, offset, length);
    region.sync(offset, length);
  },
  fill(region, value, offset, length) {
    region.storeValue(value, offset, length);
    region.sync(offset, length);
  },
  persistWord(region, value, offset) {
    region.storeWord(value, offset);
    region.sync(offset, WORD_BYTES);
  },
});

/** The emulation writes back single bytes. A lost byte beside a range is no failure of the range. */
const emulatedTier: Tier = Object.freeze<Tier>({
  ...pageTier,
  persistRanges: (region, ranges) => flushSpans(region, spansOf(region, ranges, /*unit=*/ 1)),
});

/** Private mappings: no byte of them belongs to a file. */
const privateTier: Tier = Object.freeze<Tier>({
  flush: () => undefined,
  drain: () => undefined,
  persist: () => undefined,
  persistAsync: () => Promise.resolve(),
  persistRanges: (region, ranges) => checkBounds(ranges, region.length),
  write: (region, source, offset, length) => region.store(source, offset, length),
  fill: (region, value, offset, length) => region.storeValue(value, offset, length),
  persistWord: (region, value, offset) => region.storeWord(value, offset),
});

/** The pages of the file are the memory itself (DAX with MAP_SYNC): bytes that have left the CPU caches are durable. */
const cacheLineTier = Object.freeze({
  flush: (region: LineRegion, offset: number, length: number) => region.flushLines(offset, length),
  drain: (region: LineRegion) => region.drainLines(),
  persist: (region: LineRegion, offset: number, length: number) => region.persistLines(offset, length),
  async persistAsync(region: LineRegion, offset: number, length: number): Promise<void> {
    if (length <= INLINE_LINES) region.persistLines(offset, length);
    else await region.persistLinesAsync(offset, length);
  },
  persistRanges(region: LineRegion, ranges: Ranges): void {
    const outside = region.persistLineRanges(ranges);
    if (outside >= 0) refusePair(ranges, outside, region.length);
  },
  write: (region: LineRegion, source: Uint8Array, offset: number, length: number, drain: boolean) =>
    region.storeLines(source, offset, length, drain),
  fill: (region: LineRegion, value: number, offset: number, length: number) => region.fillLines(value, offset, length),
  persistWord: (region: LineRegion, value: bigint | number, offset: number) => region.persistWord(value, offset),
});

/** The CPU caches are flushed when the power fails (eADR): stores only need to be visible, in order. */
const byteTier = Object.freeze({
  flush: () => undefined,
  drain: (region: LineRegion) => region.drainLines(),
  persist: (region: LineRegion) => region.drainLines(),
  persistAsync(region: LineRegion): Promise<void> {
    region.drainLines();
    return Promise.resolve();
  },
  persistRanges(region: LineRegion, ranges: Ranges): void {
    checkBounds(ranges, region.length);
    region.drainLines();
  },
  write(region: LineRegion, source: Uint8Array, offset: number, length: number, drain: boolean) {
    region.store(source, offset, length);
    if (drain) region.drainLines();
  },
  fill(region: LineRegion, value: number, offset: number, length: number) {
    region.storeValue(value, offset, length);
    region.drainLines();
  },
  persistWord(region: LineRegion, value: bigint | number, offset: number) {
    region.storeWord(value, offset);
    region.drainLines();
  },
});

/** Of a simulation: an asynchronous persist guarantees at the end of its promise. More is not promised. */
const endsLater = {
  persistAsync: (region: LineRegion, offset: number, length: number) => region.persistLinesAsync(offset, length),
};
const simulatedLineTier = Object.freeze({ ...cacheLineTier, ...endsLater });
const simulatedByteTier = Object.freeze({ ...byteTier, ...endsLater });

/**
 * `tier` for memory that another thread may fence at any moment. An operation succeeds only if the memory is not fenced
 * at its end.
 *
 * @param check - throws if the region is fenced.
 */
export function fenceChecked(tier: Tier, check: (region: Region) => void): Tier {
  function checked<Args extends readonly unknown[]>(operation: (region: Region, ...args: Args) => void) {
    return (region: Region, ...args: Args): void => {
      operation(region, ...args);
      check(region);
    };
  }
  return {
    flush: checked((region, offset: number, length: number) => tier.flush(region, offset, length)),
    drain: checked((region) => tier.drain(region)),
    persist: checked((region, offset: number, length: number) => tier.persist(region, offset, length)),
    async persistAsync(region, offset, length) {
      await tier.persistAsync(region, offset, length);
      check(region);
    },
    persistRanges: checked((region, ranges: Ranges) => tier.persistRanges(region, ranges)),
    write: checked((region, source: Uint8Array, offset: number, length: number, drain: boolean) =>
      tier.write(region, source, offset, length, drain),
    ),
    fill: checked((region, value: number, offset: number, length: number) => tier.fill(region, value, offset, length)),
    persistWord: checked((region, value: bigint | number, offset: number) => tier.persistWord(region, value, offset)),
  };
}

/** The tier for `durability`. The emulation has no finer one than pages: its regions are no LineRegions. */
export function tierFor({ method, granularity, backend, domain }: Durability): Tier {
  if (method === 'none') return privateTier;
  if (backend === 'emulated' || method === EMULATED_METHOD) return emulatedTier;
  if (granularity === 'page') return domain === 'volatile' ? volatileTier : pageTier;
  if (backend === 'simulated') return granularity === 'byte' ? simulatedByteTier : simulatedLineTier;
  return granularity === 'byte' ? byteTier : cacheLineTier;
}
