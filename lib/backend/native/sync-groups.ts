import type { Span } from '../region.js';
import { constants } from '../../core/constants.js';
import { roundUp } from '../../core/range.js';

const { PAGE_SIZE } = constants;

/** Counts the dirty pages of a range between two spans; undefined: unknown. */
type CountDirty = (offset: number, length: number) => number | undefined;

// A sync costs a flush of the disk, 0.1 to 10 ms. Up to this many dirty pages between two spans are written faster.
const FEW_PAGES = 16;
// If the kernel does not report dirty pages, a gap up to this length is assumed to have few.
const SHORT_GAP = 2 ** 20;
// The kernel visits each page that it is asked about, some 0.03 to 0.1 us each. For 75 spans in 128 MiB that takes
// longer than their sync. So it is asked about a sample: this much in each stride. A stretch of dirty pages that is as
// long as both together is always seen.
const SAMPLE = 16 * PAGE_SIZE;
const STRIDE = 256 * PAGE_SIZE;
// Past this length the answer costs as much as the fastest sync that it may save.
const LONG_GAP = 2 ** 26;

/**
 * Joins spans into groups, each of which is synced as one span. Two spans are joined if few dirty pages lie between
 * them, as far as a sample shows.
 *
 * @param spans - in order; none touches another.
 */
export function syncGroups(spans: readonly Span[], countDirty: CountDirty): Span[] {
  const groups: { offset: number; length: number }[] = [];
  for (const { offset, length } of spans) {
    const last = groups.at(-1);
    const end = last === undefined ? 0 : roundUp(last.offset + last.length, PAGE_SIZE);
    if (last !== undefined && joins(end, offset - end, countDirty)) last.length = offset + length - last.offset;
    else groups.push({ offset, length });
  }
  return groups;
}

function joins(end: number, gap: number, countDirty: CountDirty): boolean {
  if (gap <= FEW_PAGES * PAGE_SIZE) return true;
  if (gap > LONG_GAP) return false;
  const dirty = estimate(end, gap, countDirty);
  return dirty === undefined ? gap <= SHORT_GAP : dirty <= FEW_PAGES;
}

/** The number of dirty pages of a gap, if they are as frequent everywhere as in the sample. */
function estimate(offset: number, gap: number, countDirty: CountDirty): number | undefined {
  let found = 0;
  let asked = 0;
  for (let at = 0; at < gap; at += STRIDE) {
    const length = Math.min(SAMPLE, gap - at);
    const dirty = countDirty(offset + at, length);
    if (dirty === undefined) return undefined;
    found += dirty;
    asked += length;
  }
  return (found * gap) / asked;
}
