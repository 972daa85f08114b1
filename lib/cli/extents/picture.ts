import type { Extent, ExtentFlag } from '../../index.js';

/** One word for an extent: its first flag. Without flags it is 'written': its blocks belong to this file alone. */
export type ExtentKind = 'written' | ExtentFlag;
/** The meaning of one character of the picture. 'several': its part of the file has extents of more than one kind. */
export type CellKind = ExtentKind | 'several';

interface Look {
  /** A different character for each kind, so that the picture works without colour. */
  readonly mark: string;
  /** SGR parameter. */
  readonly colour: number;
  readonly meaning: string;
}

/** The kinds in the order of the legend. */
export const looks: Readonly<Record<CellKind, Look>> = {
  written: { mark: '#', colour: 32, meaning: 'blocks of its own' },
  unwritten: { mark: '~', colour: 33, meaning: 'blocks that read as zeros' },
  hole: { mark: '.', colour: 90, meaning: 'no blocks' },
  shared: { mark: '=', colour: 35, meaning: 'blocks of another file too' },
  delalloc: { mark: 'd', colour: 36, meaning: 'waits for its blocks' },
  encoded: { mark: 'z', colour: 34, meaning: 'compressed or encrypted' },
  inline: { mark: 'i', colour: 34, meaning: 'within the inode' },
  unknown: { mark: '?', colour: 31, meaning: 'not told by the system' },
  several: { mark: '+', colour: 37, meaning: 'kinds in one character' },
};

export function extentKind({ flags }: Extent): ExtentKind {
  return flags[0] ?? 'written';
}

/** The offset in bytes at which cell `index` of `count` begins. */
function boundary(size: number, index: number, count: number): number {
  // Divide first: size * index can exceed 2^53.
  return index === count ? size : Math.floor((size / count) * index);
}

/**
 * Divides the file into `count` cells of equal length. A file with fewer bytes gets one cell for each byte.
 *
 * @param extents - as extents() returns them: in order, without gaps, from 0.
 */
export function cells(extents: readonly Extent[], size: number, count: number): CellKind[] {
  const total = Math.min(count, size);
  const found: CellKind[] = [];
  let at = 0;
  for (let index = 0; index < total; index++) {
    const end = boundary(size, index + 1, total);
    const kinds = new Set<ExtentKind>();
    for (let extent = extents[at]; extent !== undefined && extent.offset < end; extent = extents[at]) {
      kinds.add(extentKind(extent));
      if (extent.offset + extent.length > end) break; // the next cell begins in this extent
      at++;
    }
    const [only = 'unknown'] = kinds;
    found.push(kinds.size > 1 ? 'several' : only);
  }
  return found;
}

/** The cells as text. Neighbours of one kind share one colour sequence. */
export function paint(row: readonly CellKind[], colour: boolean): string {
  let text = '';
  let last: CellKind | undefined;
  for (const kind of row) {
    if (colour && kind !== last) text += `\x1b[${looks[kind].colour}m`;
    text += looks[kind].mark;
    last = kind;
  }
  return colour && last !== undefined ? `${text}\x1b[39m` : text;
}
