import type { Io, Output } from './io.js';

/** An output that drops its text: for progress and reports that --json replaces. */
export const SILENT: Output = { write: () => true };

// Some pseudo-terminals report a width of 0.
const DEFAULT_COLUMNS = 80;
// Two blanks, the longest label, two blanks.
const LABEL_WIDTH = 16;
// Wrapped text beside an indent needs this much, or it becomes a column of single words.
const NARROWEST_TEXT = 20;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Columns to write into: the width less one, because some terminals wrap when the cursor reaches the last column. */
export function usableColumns(output: Output): number {
  return (output.columns || DEFAULT_COLUMNS) - 1;
}

/** Colours need a terminal that has them. NO_COLOR with any text turns them off (https://no-color.org). */
export function wantsColour(output: Output, env: Io['env']): boolean {
  return output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** 67108864 as '64 MiB', 1500 as '1.5 KiB'. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let amount = bytes;
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${Number(amount.toFixed(1))} ${UNITS[unit] ?? ''}`;
}

/** 1234.5 as '1,235'. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** '1 extent', '2 extents'. */
export function formatExtents(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'extent' : 'extents'}`;
}

/** Text for people. A terminal gets wrapped lines; a file or a pipe gets each paragraph as one line. */
export class Report {
  constructor(private readonly output: Output) {}

  line(text = ''): void {
    this.output.write(`${text}\n`);
  }

  /** `label` in a column of its own, and the text beside it. */
  entry(label: string, text: string): void {
    this.paragraph(text, LABEL_WIDTH, `  ${label}`.padEnd(LABEL_WIDTH));
  }

  /** A text beside the column of labels, without a label. */
  detail(text: string): void {
    this.paragraph(text, LABEL_WIDTH);
  }

  /** One item of a list. */
  item(text: string): void {
    this.paragraph(text, 4, '  - ');
  }

  paragraph(text: string, indent: number, lead = ' '.repeat(indent)): void {
    const { isTTY } = this.output;
    const columns = isTTY === true ? Math.max(usableColumns(this.output), indent + NARROWEST_TEXT) : Infinity;
    let line = lead;
    let empty = true;
    for (const word of text.split(/\s+/)) {
      if (!empty && line.length + 1 + word.length > columns) {
        this.line(line);
        line = ' '.repeat(indent);
        empty = true;
      }
      line += empty ? word : ` ${word}`;
      empty = false;
    }
    this.line(line);
  }
}
