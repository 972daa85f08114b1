import { errno, systemError } from '../../core/errors.js';
import { mapAsync, type Mapping, type Seal, type SealOptions } from '../../index.js';
import { formatBytes } from '../arguments.js';
import type { Io, Output } from '../command.js';
import { Progress } from '../progress.js';
import { sealEventsAsJson, sealEventsAsText, type SealEventReport } from './report.js';

const SILENT: Output = { write: () => true };
// Events keep no process alive: this does. As long as a timer can be.
const LONG_MS = 2 ** 31 - 1;

/** What the library advises in terms of its options, in terms of this command's. */
function inWordsOfTheCommand(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  if ((error as NodeJS.ErrnoException).code === 'ENOENT')
    return systemError(
      errno.ENOENT,
      'open',
      path,
      'no such file; the command makes none: make it first (fallocate -l 1M FILE)',
    );
  error.message = error.message.replace("seal with prepare: 'allocate'", 'have it prepared: seal without --verify');
  return error;
}

/** Maps and seals; shows how far the preparation has come. */
async function obtain(path: string, direct: SealOptions, json: boolean, io: Io): Promise<Mapping> {
  let done = 0;
  let total = 0;
  let progress: Progress | undefined;
  const sample = (): { fraction: number; text: string } => ({
    fraction: done / total,
    text: `preparing: ${formatBytes(done)} of ${formatBytes(total)}`,
  });
  try {
    return await mapAsync(path, {
      direct,
      signal: io.signal,
      onProgress: (told) => {
        ({ done, total } = told);
        progress ??= new Progress(json ? SILENT : io.stderr, io.env, sample);
      },
    });
  } catch (error) {
    throw inWordsOfTheCommand(error, path);
  } finally {
    progress?.stop();
  }
}

/** Tells every event until Ctrl-C or until the seal is broken. Resolves to whether it is. */
function untilOver(seal: Seal, report: SealEventReport, io: Io): Promise<'broken' | 'interrupted'> {
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, LONG_MS);
    const over = (how: 'broken' | 'interrupted'): void => {
      clearInterval(alive);
      resolve(how);
    };
    seal.on('break', ({ deadline }) => report.breakRequested(deadline));
    seal.on('weakened', () => report.weakened(seal.enforcement));
    seal.on('violated', ({ moved }) => report.violated(moved));
    seal.on('broken', () => {
      report.broken();
      over('broken');
    });
    if (io.signal?.aborted === true) over('interrupted');
    io.signal?.addEventListener('abort', () => over('interrupted'), { once: true });
  });
}

/**
 * Holds a seal of the whole file until the signal of `io` is aborted, which is its ordinary end. Resolves to 0, or to 1 when the
 * seal was broken or blocks had moved.
 *
 * @throws What mapAsync() says when it cannot be had.
 */
export async function runSeal(path: string, options: SealOptions, json: boolean, io: Io): Promise<number> {
  using mapping = await obtain(path, options, json, io);
  const [seal] = mapping.seals;
  if (seal === undefined) throw new Error('mapped, but not sealed');
  const report = json ? sealEventsAsJson(io.stdout) : sealEventsAsText(io.stdout);
  report.sealed(path, mapping.length, seal);
  const end = await untilOver(seal, report, io);
  if (end === 'broken') return 1;
  io.acceptSignal?.();
  const { state } = seal.verify(); // what gave no hint
  seal.release();
  report.released();
  return state === 'violated' ? 1 : 0;
}
