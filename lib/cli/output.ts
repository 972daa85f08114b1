import type { Output } from './command.js';

/** Why nothing more can be written to standard output. */
export type Lost = (error: NodeJS.ErrnoException) => void;

/**
 * Standard output of which the end is heard once, however it comes: written to a file it throws in the middle of a command, written to a
 * pipe it is an event later on. Nothing is written after it.
 */
export function watched(stream: NodeJS.WriteStream, lost: Lost): Output {
  let isLost = false;
  const lose = (error: NodeJS.ErrnoException): void => {
    if (isLost) return;
    isLost = true;
    lost(error);
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
