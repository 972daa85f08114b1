// The half of close() after the last asynchronous call. No caller waits for it, so a process warning reports its
// failure.

const FIRST_MS = 10;
const LONGEST_MS = 1000;

function warn(error: unknown, path: string | undefined, isLast: boolean): void {
  const memory = path === undefined ? 'Memory' : `Memory of '${path}'`;
  const state = isLast
    ? 'was unmapped, but not everything that belongs to it was released'
    : 'that is closed is still mapped, and keeps its descriptor and its seals; this is tried again until it succeeds';
  process.emitWarning(`${memory} ${state}. ${(error as Error).message}`, {
    type: 'MapdirectWarning',
    code: 'MAPDIRECT_UNCLOSED',
  });
}

/**
 * Runs `end` until it succeeds, at growing intervals. It never throws, and does not keep the process alive. The first
 * failure is a process warning with the code MAPDIRECT_UNCLOSED.
 *
 * @param end - unmaps; may throw.
 * @param hasEnded - true: the pages are gone, so a failure is not retried.
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
