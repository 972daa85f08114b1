import type { Extent } from '../../index.js';
import type { Io } from '../io.js';
import { formatBytes, formatCount, formatExtents, Report, textColumns, wantsColour } from '../terminal.js';
import { cells, extentKind, looks, paint, type CellKind, type ExtentKind } from './picture.js';

// The width of the column with the offset of each row.
const MARGIN = 12;
const MOST_ROWS = 4;
const NARROWEST = 10;
const AMOUNTS_WIDTH = 36;
// One character stands for at least one block.
const SMALLEST_CELL = 4096;

function columns(io: Io): number {
  return Math.max(textColumns(io), MARGIN + NARROWEST);
}

/** The extents of a whole file. */
export interface FileExtents {
  readonly path: string;
  readonly size: number;
  readonly extents: readonly Extent[];
}

interface KindTotal {
  count: number;
  bytes: number;
}

function totals(extents: readonly Extent[]): Map<ExtentKind, KindTotal> {
  const found = new Map<ExtentKind, KindTotal>();
  for (const extent of extents) {
    const kind = extentKind(extent);
    const { count, bytes } = found.get(kind) ?? { count: 0, bytes: 0 };
    found.set(kind, { count: count + 1, bytes: bytes + extent.length });
  }
  return found;
}

function percent(part: number, whole: number): string {
  const share = (part / whole) * 100;
  return share > 0 && share < 0.1 ? '< 0.1 %' : `${share.toFixed(1)} %`;
}

/** The lines of the picture: each row of characters, after the offset of its first character. */
function picture(shown: readonly CellKind[], size: number, width: number, colour: boolean): string[] {
  const lines: string[] = [];
  for (let at = 0; at < shown.length; at += width) {
    const offset = formatBytes((size / shown.length) * at);
    lines.push(`${offset.padStart(MARGIN - 2)}  ${paint(shown.slice(at, at + width), colour)}`);
  }
  return lines;
}

function formatTotal({ count, bytes }: KindTotal, size: number): string {
  return `${formatExtents(count).padStart(15)} ${formatBytes(bytes).padStart(11)} ${percent(bytes, size).padStart(8)}`;
}

function legend(extents: readonly Extent[], size: number, several: boolean, colour: boolean): string[] {
  const found = totals(extents);
  const lines: string[] = [];
  for (const kind of Object.keys(looks) as CellKind[]) {
    const total = kind === 'several' ? undefined : found.get(kind);
    if (total === undefined && !(kind === 'several' && several)) continue;
    const amounts = total === undefined ? '' : formatTotal(total, size);
    lines.push(`  ${paint([kind], colour)} ${kind.padEnd(9)} ${amounts.padEnd(AMOUNTS_WIDTH)}  ${looks[kind].meaning}`);
  }
  return lines;
}

function table(extents: readonly Extent[], listed: number): string[] {
  if (listed === 0 || extents.length === 0) return [];
  const rows = extents.slice(0, listed).map((extent, index) => {
    const { offset, length, flags } = extent;
    const range = `${formatCount(offset).padStart(21)} ${formatBytes(length).padStart(11)}`;
    return `  ${String(index).padStart(6)} ${range}  ${flags.join(', ') || 'written'}`;
  });
  const left = extents.length - rows.length;
  const more = left > 0 ? [`  ... and ${formatCount(left)} more (--first ${extents.length}, or --json)`] : [];
  return [`  extent ${'offset in bytes'.padStart(21)} ${'length'.padStart(11)}  flags`, ...rows, ...more];
}

/** One sentence about sealing a file with these extents. */
export function verdict(extents: readonly Extent[]): string {
  const kinds = new Set(extents.flatMap(({ flags }) => flags));
  if (extents.length === 0) return 'It is empty: there is nothing to map or to seal.';
  if (kinds.size === 0) return 'Every byte has a written block of its own: there is nothing to prepare for a seal.';
  if (kinds.has('encoded') || kinds.has('inline'))
    return 'The file cannot be sealed: encoded and inline data moves at each write.';
  if (kinds.has('unknown') && !kinds.has('delalloc'))
    return 'The file system does not report where the blocks are: if a seal is possible, it cannot be verified.';
  return 'A seal first gives every byte a written block of its own (allocate, unshare, convert). No byte changes.';
}

/** Prints the picture, its legend, the first extents, and a sentence about sealing, as wide as the output. */
export function reportExtents({ path, size, extents }: FileExtents, listed: number, io: Io): void {
  const report = new Report(io);
  const colour = wantsColour(io.stdout, io.env);
  const width = columns(io) - MARGIN;
  const shown = cells(extents, size, Math.min(width * MOST_ROWS, Math.max(width, Math.ceil(size / SMALLEST_CELL))));
  const each = shown.length === 0 ? '' : `; a character is ${formatBytes(size / shown.length)}`;
  report.line(`${path}  (${formatBytes(size)}, ${formatExtents(extents.length)}${each})\n`);
  const sections = [
    picture(shown, size, width, colour),
    legend(extents, size, shown.includes('several'), colour),
    table(extents, listed),
  ];
  for (const section of sections) {
    if (section.length > 0) report.line(`${section.join('\n')}\n`);
  }
  report.paragraph(verdict(extents), 0);
}
