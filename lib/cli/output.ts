import type { Output } from './io.js';

/** Called once, when nothing more can be written to standard output. */
export type OnLost = (error: NodeJS.ErrnoException) => void;

/**
 * An output that writes to `stream` until the stream fails, and then drops the text. It calls `onLost` at the first
 * failure. A failed write to a file throws in write(); a failed write to a pipe is an 'error' event later.
 */
export function untilLost(stream: NodeJS.WriteStream, onLost: OnLost): Output {
  let isLost = false;
  const lose = (error: NodeJS.ErrnoException): void => {
    if (isLost) return;
    isLost = true;
    onLost(error);
  };
  stream.on('error', lose);
  return {
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
    write(text) {
      try {
        return isLost || stream.write(text);
      } catch (error) {
        lose(error as NodeJS.ErrnoException);
        return false;
      }
    },
  };
}
