import type { Io, Output } from './io.js';
import { usableColumns, wantsColour } from './terminal.js';

const DRAW_EVERY_MS = 100;
const SHORTEST_BAR = 10;

/** The state of a long operation: `fraction` from 0 to 1, and a text. */
export interface ProgressSample {
  readonly fraction: number;
  readonly text: string;
}

/**
 * One line of at most `columns` visible characters: a bar for `fraction`, and the text. If both do not fit, the bar is
 * left out first, and then the end of the text.
 */
export function renderProgress(columns: number, { fraction, text }: ProgressSample, colour: boolean): string {
  const inner = columns - text.length - '[] '.length;
  if (inner < SHORTEST_BAR) return text.slice(0, Math.max(0, columns));
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * inner);
  const bar = '#'.repeat(filled);
  return `[${colour ? `\x1b[32m${bar}\x1b[39m` : bar}${'-'.repeat(inner - filled)}] ${text}`;
}

/**
 * A line that redraws itself until {@link stop} erases it. It does nothing if the output is not a terminal, or if
 * TERM is 'dumb': such a terminal cannot erase a line.
 */
export class ProgressLine {
  private readonly timer: NodeJS.Timeout | undefined;

  /** `sample` is called at each redraw. The operation itself has no extra work. */
  constructor(
    private readonly output: Output,
    env: Io['env'],
    sample: () => ProgressSample,
  ) {
    if (output.isTTY !== true || env['TERM'] === 'dumb') return;
    const colour = wantsColour(output, env);
    const draw = (): void => {
      // The width is read at each redraw, because the window may have another size by then.
      output.write(`\r\x1b[K${renderProgress(usableColumns(output), sample(), colour)}`);
    };
    draw();
    this.timer = setInterval(draw, DRAW_EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.output.write('\r\x1b[K');
  }
}
