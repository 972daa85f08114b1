import type { Io, Output } from './command.js';

const DRAW_EVERY_MS = 100;
const SHORTEST_BAR = 10;
// A terminal that does not know its width (some pseudo-terminals report 0).
const DEFAULT_COLUMNS = 80;

/** Columns to write into: one less than there are, or the cursor at the end wraps on some terminals. */
export function usableColumns(output: Output): number {
  return (output.columns || DEFAULT_COLUMNS) - 1;
}

/** https://no-color.org: any value that is not empty means no colour. */
export function wantsColour(output: Output, env: Io['env']): boolean {
  return output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/**
 * One line of at most `columns` visible characters: a bar for `fraction`, and the text. Where both do not fit, the bar
 * goes first, then the end of the text.
 */
export function renderProgress(columns: number, fraction: number, text: string, colour: boolean): string {
  const inner = columns - text.length - '[] '.length;
  if (inner < SHORTEST_BAR) return text.slice(0, Math.max(0, columns));
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * inner);
  const bar = '#'.repeat(filled);
  return `[${colour ? `\x1b[32m${bar}\x1b[39m` : bar}${'-'.repeat(inner - filled)}] ${text}`;
}

/**
 * A line that redraws itself until {@link stop} erases it. On anything but a terminal (and on TERM=dumb, which cannot
 * erase a line) it does nothing.
 */
export class Progress {
  readonly #output: Output;
  readonly #colour: boolean;
  readonly #timer: NodeJS.Timeout | undefined;

  /** `sample` is asked on every redraw, so that what drives the progress pays nothing for it. */
  constructor(output: Output, env: Io['env'], sample: () => { fraction: number; text: string }) {
    this.#output = output;
    this.#colour = wantsColour(output, env);
    if (output.isTTY !== true || env['TERM'] === 'dumb') return;
    const draw = (): void => {
      const { fraction, text } = sample();
      // The width is read each time: the window may have been resized.
      output.write(`\r\x1b[K${renderProgress(usableColumns(output), fraction, text, this.#colour)}`);
    };
    draw();
    this.#timer = setInterval(draw, DRAW_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#output.write('\r\x1b[K');
  }
}
