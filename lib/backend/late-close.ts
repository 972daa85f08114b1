// The half of close() that comes after the last asynchronous call: no caller waits for it, so no caller can hear of its failure.

const FIRST_MS = 10;
const LONGEST_MS = 1000;

function warn(error: unknown, path: string | undefined, isLast: boolean): void {
  const what = path === undefined ? 'Memory' : `Memory of '${path}'`;
  const state = isLast
    ? 'was unmapped, but not everything that belongs to it was released'
    : 'that is closed is still mapped, and keeps its descriptor and its seals; this is tried again until it succeeds';
  process.emitWarning(`${what} ${state}. ${(error as Error).message}`, {
    type: 'MapdirectWarning',
    code: 'MAPDIRECT_UNCLOSED',
  });
}

/**
 * Runs `end` until it has done its work, soon and then more rarely, without keeping the process alive. The first failure is a process
 * warning with the code MAPDIRECT_UNCLOSED. Never throws.
 *
 * @param end - ends the mapping; throws.
 * @param hasEnded - its pages are gone: a failure after that is not tried again.
 */
export function endLater(end: () => void, hasEnded: () => boolean, path: string | undefined): void {
  const attempt = (delay: number): void => {
    try {
      end();
    } catch (error) {
      const isLast = hasEnded();
      if (delay === FIRST_MS || isLast) warn(error, path, isLast);
      if (!isLast) setTimeout(() => attempt(Math.min(2 * delay, LONGEST_MS)), delay).unref();
    }
  };
  attempt(FIRST_MS);
}
