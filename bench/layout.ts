/**
 * The places of the ranges of one length in the file, and the number of passes over them. It is the same for every
 * contestant of a benchmark. Trials get it as one argument, "LENGTH:STRIDE:BLOCKS:BATCHES".
 */
export interface Layout {
  /** Bytes per operation. */
  readonly length: number;
  /** Bytes from one block to the next. */
  readonly stride: number;
  /** Operations in a batch. A batch is timed as a whole. */
  readonly blocks: number;
  readonly batches: number;
}

/** Blocks of at least this length are neighbours: they fill the sets of a cache evenly, and begin at a page. */
const LONG = 64 * 1024;

/** Shorter blocks are a page and a cache line apart: at a distance of a power of 2 they would share one cache set. */
export function layout(length: number, blocks: number, batches: number): Layout {
  return { length, stride: length < LONG ? Math.max(length, 4096) + 64 : length, blocks, batches };
}

/** The file length in bytes that all layouts fit into, in whole pages. */
export function fileLength(layouts: readonly Layout[]): number {
  const end = Math.max(...layouts.map(({ stride, blocks }) => stride * blocks));
  return Math.ceil(end / 4096) * 4096;
}

/** The layout as an argument of a trial. */
export function formatLayout({ length, stride, blocks, batches }: Layout): string {
  return [length, stride, blocks, batches].join(':');
}

/** @throws TypeError if the text is not a result of {@link formatLayout}. */
export function parseLayout(text: string): Layout {
  const [length = NaN, stride = NaN, blocks = NaN, batches = NaN] = text.split(':').map(Number);
  if (![length, stride, blocks, batches].every(Number.isSafeInteger))
    throw new TypeError(`${text} is not LENGTH:STRIDE:BLOCKS:BATCHES`);
  return { length, stride, blocks, batches };
}

/** Stores to each cache line of each block. */
export function dirty(buffer: Uint8Array, { length, stride, blocks }: Layout, value: number): void {
  for (let block = 0; block < blocks; block++) {
    const start = block * stride;
    for (let at = start; at < start + length; at += 64) buffer[at] = value;
  }
}

/** 8 B, 4 KiB, 1 MiB. */
export function formatLength(length: number): string {
  if (length < 1024) return `${length} B`;
  return length < 2 ** 20 ? `${length / 1024} KiB` : `${length / 2 ** 20} MiB`;
}
