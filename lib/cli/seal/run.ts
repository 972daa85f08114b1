import { errno, systemError } from '../../core/errors.js';
import { mapAsync, type Mapping, type Seal, type SealOptions } from '../../index.js';
import type { Io } from '../io.js';
import { ProgressLine, type ProgressSample } from '../progress.js';
import { formatBytes, SILENT } from '../terminal.js';
import { sealEventsAsJson, sealEventsAsText, type SealEventReport } from './report.js';

// Listening for events does not keep the process alive; a timer does. This is the longest interval of setInterval().
const LONGEST_INTERVAL_MS = 2 ** 31 - 1;

/** The same error, with advice in terms of this command's options in place of the library's options. */
function withCommandAdvice(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  if ((error as NodeJS.ErrnoException).code === 'ENOENT')
    return systemError(
      errno.ENOENT,
      'open',
      path,
      'no such file, and this command makes no files: make it first (fallocate -l 1M FILE)',
    );
  error.message = error.message.replace("seal with prepare: 'allocate'", 'let it be prepared: seal without --verify');
  return error;
}

/** Maps and seals the file. Shows the progress of the preparation. */
async function mapSealed(path: string, direct: SealOptions, json: boolean, io: Io): Promise<Mapping> {
  let done = 0;
  let total = 0;
  let line: ProgressLine | undefined;
  const sample = (): ProgressSample => ({
    fraction: done / total,
    text: `preparing: ${formatBytes(done)} of ${formatBytes(total)}`,
  });
  try {
    return await mapAsync(path, {
      direct,
      signal: io.signal,
      onProgress: (progress) => {
        ({ done, total } = progress);
        line ??= new ProgressLine(json ? SILENT : io.stderr, io.env, sample);
      },
    });
  } catch (error) {
    throw withCommandAdvice(error, path);
  } finally {
    line?.stop();
  }
}

/** Reports every event until Ctrl-C or until the seal is broken. Resolves to the reason for the end. */
function untilEnd(seal: Seal, report: SealEventReport, io: Io): Promise<'broken' | 'interrupted'> {
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, LONGEST_INTERVAL_MS);
    const end = (reason: 'broken' | 'interrupted'): void => {
      clearInterval(alive);
      resolve(reason);
    };
    seal.on('break', ({ deadline }) => report.breakRequested(deadline));
    seal.on('weakened', () => report.weakened(seal.enforcement));
    seal.on('violated', ({ moved }) => report.violated(moved));
    seal.on('broken', () => {
      report.broken();
      end('broken');
    });
    if (io.signal?.aborted === true) end('interrupted');
    io.signal?.addEventListener('abort', () => end('interrupted'), { once: true });
  });
}

/**
 * Holds a seal of the whole file until the signal of `io` is aborted, which is the ordinary end of the command.
 * Resolves to 0, or to 1 if the seal was broken or if blocks had moved.
 *
 * @throws the error of mapAsync() if the file cannot be mapped and sealed.
 */
export async function runSeal(path: string, options: SealOptions, json: boolean, io: Io): Promise<number> {
  using mapping = await mapSealed(path, options, json, io);
  const [seal] = mapping.seals;
  if (seal === undefined) throw new Error('mapped, but not sealed');
  const report = json ? sealEventsAsJson(io) : sealEventsAsText(io);
  report.sealed(path, mapping.length, seal);
  const end = await untilEnd(seal, report, io);
  if (end === 'broken') return 1;
  io.acceptSignal?.();
  const { state } = seal.verify(); // finds moves that caused no event
  seal.release();
  report.released();
  return state === 'violated' ? 1 : 0;
}
