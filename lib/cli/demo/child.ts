import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** What became of the writer. */
export interface WriterRun {
  readonly pid: number;
  readonly acknowledged: number;
  /** From its first record to its last acknowledgement, by its own clock. */
  readonly seconds: number;
  /** It had filled the file before it was killed. */
  readonly full: boolean;
  /** Why this run proves nothing: it ended before, or otherwise than by, our SIGKILL. */
  readonly failure?: string;
}

/** What is known while it runs. */
export interface WriterState {
  acknowledged: number;
  seconds: number;
  full: boolean;
}

export interface WriterOptions {
  readonly path: string;
  readonly size: number;
  readonly run: bigint;
  /** Between its first record and SIGKILL. */
  readonly seconds: number;
  readonly signal?: AbortSignal;
  readonly onReady?: (state: Readonly<WriterState>) => void;
}

// A child that has not even mapped the file by then hangs.
const START_MS = 30_000;
const STDERR_KEPT = 4000;

/**
 * Starts demo-writer.js, kills it with SIGKILL after `seconds` (at once when it reports a full file), and resolves when
 * it is gone and everything it had sent is read: an acknowledgement that was in the pipe counts.
 */
export function runWriter(options: WriterOptions): Promise<WriterRun> {
  return new Promise((resolve, reject) => {
    const script = join(__dirname, 'writer.js');
    const child = spawn(process.execPath, [script, options.path, String(options.size), String(options.run)], {
      // stderr is kept and shown only if it fails: its warnings repeat ours.
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    });
    const state: WriterState = { acknowledged: 0, seconds: 0, full: false };
    let killed = false;
    let failure: string | undefined;
    let errors = '';
    let pending = '';

    const kill = (): void => {
      // false: it had ended by itself, and the exit status will say how.
      killed = child.kill('SIGKILL') || killed;
    };
    const giveUp = (): void => {
      failure = `the writer did not start within ${START_MS / 1000} s`;
      kill();
    };
    let timer = setTimeout(giveUp, START_MS);
    const onLine = (line: string): void => {
      const [word, sequence, microseconds] = line.split(' ');
      if (word === 'ack') {
        state.acknowledged = Number(sequence);
        state.seconds = Number(microseconds) / 1e6;
      } else if (word === 'ready') {
        clearTimeout(timer);
        timer = setTimeout(kill, options.seconds * 1000);
        options.onReady?.(state);
      } else if (word === 'full') {
        state.full = true;
        kill();
      }
    };
    const onAbort = (): void => kill();

    child.stdio[3]?.on('data', (chunk: Buffer) => {
      const lines = (pending + chunk.toString('latin1')).split('\n');
      // What follows the last newline is the beginning of a line, or of one that the kill cut off: never counted.
      pending = lines.pop() ?? '';
      lines.forEach(onLine);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-STDERR_KEPT);
    });
    // Nothing is ever written to it; it exists for its end, and a child killed early may reset it.
    child.stdin?.on('error', () => undefined);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted === true) kill();

    child.once('error', (error) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      if (!killed || signal !== 'SIGKILL') {
        const how = signal === null ? `exit code ${code}` : signal;
        failure ??= `the writer ended by itself (${how})${errors === '' ? '' : `:\n${errors.trimEnd()}`}`;
      }
      resolve({ pid: child.pid ?? 0, ...state, failure });
    });
  });
}
