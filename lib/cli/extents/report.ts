import type { Extent } from '../../index.js';
import { formatBytes } from '../arguments.js';
import type { Io } from '../command.js';
import { formatCount, Report } from '../demo/report.js';
import { cells, kindOf, looks, paint, type CellKind, type ExtentKind } from './picture.js';
import { usableColumns, wantsColour } from '../progress.js';

// Beside each row: the offset at which it begins.
const MARGIN = 12;
const MOST_ROWS = 4;
const NARROWEST = 10;
const AMOUNTS = 36;
// A character for less than that tells nothing more: blocks are not smaller.
const SMALLEST_CELL = 4096;

/** COLUMNS decides; else the terminal's width, else 80. */
function columns({ stdout, env }: Io): number {
  const given = Number(env['COLUMNS']);
  const output = Number.isSafeInteger(given) && given > 0 ? { write: () => true, columns: given } : stdout;
  return Math.max(usableColumns(output), MARGIN + NARROWEST);
}

interface Tally {
  count: number;
  bytes: number;
}

function tallies(extents: readonly Extent[]): Map<ExtentKind, Tally> {
  const found = new Map<ExtentKind, Tally>();
  for (const extent of extents) {
    const tally = found.get(kindOf(extent)) ?? { count: 0, bytes: 0 };
    found.set(kindOf(extent), { count: tally.count + 1, bytes: tally.bytes + extent.length });
  }
  return found;
}

function plural(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'extent' : 'extents'}`;
}

function percent(part: number, whole: number): string {
  const share = (part / whole) * 100;
  return share > 0 && share < 0.1 ? '< 0.1 %' : `${share.toFixed(1)} %`;
}

/** Lines of a picture: rows of characters with the offset of each row's first. */
function picture(shown: readonly CellKind[], size: number, width: number, colour: boolean): string[] {
  const lines: string[] = [];
  for (let at = 0; at < shown.length; at += width) {
    const offset = formatBytes((size / shown.length) * at);
    lines.push(`${offset.padStart(MARGIN - 2)}  ${paint(shown.slice(at, at + width), colour)}`);
  }
  return lines;
}

function legend(extents: readonly Extent[], size: number, several: boolean, colour: boolean): string[] {
  const found = tallies(extents);
  const lines: string[] = [];
  for (const kind of Object.keys(looks) as CellKind[]) {
    const tally = kind === 'several' ? undefined : found.get(kind);
    if (tally === undefined && !(kind === 'several' && several)) continue;
    const amounts =
      tally === undefined
        ? ''
        : `${plural(tally.count).padStart(15)} ${formatBytes(tally.bytes).padStart(11)} ${percent(tally.bytes, size).padStart(8)}`;
    lines.push(`  ${paint([kind], colour)} ${kind.padEnd(9)} ${amounts.padEnd(AMOUNTS)}  ${looks[kind].meaning}`);
  }
  return lines;
}

function table(extents: readonly Extent[], first: number): string[] {
  if (first === 0 || extents.length === 0) return [];
  const rows = extents.slice(0, first).map((extent, index) => {
    const { offset, length, flags } = extent;
    return `  ${String(index).padStart(6)} ${formatCount(offset).padStart(21)} ${formatBytes(length).padStart(11)}  ${flags.join(', ') || 'written'}`;
  });
  const left = extents.length - rows.length;
  const more = left > 0 ? [`  ... and ${formatCount(left)} more (--first ${extents.length}, or --json)`] : [];
  return [`  extent ${'offset in bytes'.padStart(21)} ${'length'.padStart(11)}  flags`, ...rows, ...more];
}

/** What a seal of it would meet, in one sentence. */
export function verdict(extents: readonly Extent[]): string {
  const kinds = new Set(extents.flatMap(({ flags }) => flags));
  if (extents.length === 0) return 'It is empty: there is nothing to map or to seal.';
  if (kinds.size === 0) return "Every byte has its block, and it is the file's own: nothing to prepare for a seal.";
  if (kinds.has('encoded') || kinds.has('inline'))
    return 'It cannot be sealed: what is encoded or inline moves whenever it is written.';
  if (kinds.has('unknown') && !kinds.has('delalloc'))
    return 'The file system does not say where its blocks are: a seal of it, where there can be one, cannot be verified.';
  return 'A seal would first give every byte a written block of its own (allocate, unshare, convert); no byte would change.';
}

/** The picture, its legend, the first extents, and what a seal would meet; scaled to the width of what it is written to. */
export function reportExtents(path: string, extents: readonly Extent[], size: number, first: number, io: Io): void {
  const report = new Report(io.stdout);
  const colour = wantsColour(io.stdout, io.env);
  const width = columns(io) - MARGIN;
  const shown = cells(extents, size, Math.min(width * MOST_ROWS, Math.max(width, Math.ceil(size / SMALLEST_CELL))));
  const each = shown.length === 0 ? '' : `; a character is ${formatBytes(size / shown.length)}`;
  report.line(`${path}  (${formatBytes(size)}, ${plural(extents.length)}${each})\n`);
  const sections = [
    picture(shown, size, width, colour),
    legend(extents, size, shown.includes('several'), colour),
    table(extents, first),
  ];
  for (const section of sections) {
    if (section.length > 0) report.line(`${section.join('\n')}\n`);
  }
  report.paragraph(verdict(extents), 0);
}
