import type { Extent, ExtentFlag } from '../../index.js';

/** What an extent is, in one word: its first flag; without any it is written, and the file's own. */
export type ExtentKind = 'written' | ExtentFlag;
/** What a character of the picture stands for. 'several': more than one kind lies in its part of the file. */
export type CellKind = ExtentKind | 'several';

interface Look {
  /** One of a kind: the picture works without colour. */
  readonly mark: string;
  /** SGR parameter. */
  readonly colour: number;
  readonly meaning: string;
}

/** In the order of the legend. */
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

export function kindOf({ flags }: Extent): ExtentKind {
  return flags[0] ?? 'written';
}

/** Offset, in bytes, at which cell `index` of `count` begins. */
function boundary(size: number, index: number, count: number): number {
  // Divided first: size * index may be past 2^53.
  return index === count ? size : Math.floor((size / count) * index);
}

/**
 * The file in `count` cells of one length; fewer where it has not so many bytes.
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
      kinds.add(kindOf(extent));
      if (extent.offset + extent.length > end) break; // the next cell begins in it
      at++;
    }
    const [only = 'unknown'] = kinds;
    found.push(kinds.size > 1 ? 'several' : only);
  }
  return found;
}

/** Cells as text; neighbours of one kind share one colour sequence. */
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
