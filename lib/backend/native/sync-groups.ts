import type { Span } from '../region.js';
import { constants } from '../../core/constants.js';

const { PAGE_SIZE } = constants;

// A sync costs a flush of the disk, 0.1 to 10 ms. Up to this many dirty pages between two spans are written faster.
const FEW_PAGES = 16;
// If the kernel does not report dirty pages, a gap up to this length is assumed to have few.
const SHORT_GAP = 2 ** 20;
// The kernel visits each page of a gap, some 0.1 us each. Past this length the answer costs as much as the sync it may
// save.
const LONG_GAP = 2 ** 26;

/**
 * Joins spans into groups, each of which is synced as one span. Two spans are joined if few dirty pages lie between
 * them.
 *
 * @param spans - in order; none touches another.
 * @param dirtyPages - counts the dirty pages of a range between two spans; undefined: unknown.
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
