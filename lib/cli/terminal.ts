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

/** The columns of a text that may go to a file or a pipe, too: by COLUMNS, else by the terminal, else by 80. */
export function textColumns({ stdout, env }: Pick<Io, 'stdout' | 'env'>): number {
  const given = Number(env['COLUMNS']);
  return Number.isSafeInteger(given) && given > 0 ? given - 1 : usableColumns(stdout);
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

/** Text for people, on standard output: paragraphs have lines of {@link textColumns}. */
export class Report {
  constructor(private readonly io: Pick<Io, 'stdout' | 'env'>) {}

  /** One line as it is, for instance a path that a reader copies. */
  line(text = ''): void {
    this.io.stdout.write(`${text}\n`);
  }

  heading(text: string): void {
    this.paragraph(text, 0);
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

  /** @param paint - colours the first line; it may not change what is visible. */
  paragraph(text: string, indent: number, lead = ' '.repeat(indent), paint = (line: string): string => line): void {
    const columns = Math.max(textColumns(this.io), indent + NARROWEST_TEXT);
    let line = lead;
    let empty = true;
    let first = true;
    for (const word of text.split(/\s+/)) {
      if (!empty && line.length + 1 + word.length > columns) {
        this.line(first ? paint(line) : line);
        line = ' '.repeat(indent);
        empty = true;
        first = false;
      }
      line += empty ? word : ` ${word}`;
      empty = false;
    }
    this.line(first ? paint(line) : line);
  }
}
