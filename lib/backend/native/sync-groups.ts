import type { Span } from '../region.js';
import { constants } from '../../core/constants.js';

const { PAGE_SIZE } = constants;

// A sync costs a flush of the disk, 0.1 to 10 ms. So many dirty pages between two spans are written faster than that.
const FEW_PAGES = 16;
// Where the kernel does not tell what is dirty, a gap up to this length is taken for one that has little of it.
const SHORT_GAP = 2 ** 20;
// The kernel looks at each page of a gap, some 0.1 us each: past this length the answer costs as much as the sync that it may save.
const LONG_GAP = 2 ** 26;

/**
 * Spans that are synced in one step, as one span over all of them: as long as what lies between two has few pages that would be
 * written with them.
 *
 * @param spans - In order, none touching another.
 * @param dirtyPages - How many pages are dirty in a range between two; undefined: not known.
 */
export function syncGroups(
  spans: readonly Span[],
  dirtyPages: (offset: number, length: number) => number | undefined,
): Span[] {
  const groups: { offset: number; length: number }[] = [];
  for (const { offset, length } of spans) {
    const last = groups.at(-1);
    const end = last === undefined ? 0 : last.offset + last.length;
    if (last !== undefined && joins(end, offset - end, dirtyPages)) last.length = offset + length - last.offset;
    else groups.push({ offset, length });
  }
  return groups;
}

function joins(end: number, gap: number, dirtyPages: (offset: number, length: number) => number | undefined): boolean {
  if (gap <= FEW_PAGES * PAGE_SIZE) return true;
  if (gap > LONG_GAP) return false;
  const dirty = dirtyPages(end, gap);
  return dirty === undefined ? gap <= SHORT_GAP : dirty <= FEW_PAGES;
}
