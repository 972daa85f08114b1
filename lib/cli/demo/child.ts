import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The result of a writer process. */
export interface WriterRun {
  readonly pid: number;
  readonly acknowledged: number;
  /** Seconds from its first record to its last acknowledgement, by its own clock. */
  readonly seconds: number;
  /** The file was full before the kill. */
  readonly full: boolean;
  /** The reason why this run proves nothing: the writer did not end by our SIGKILL. */
  readonly failure?: string;
}

/** The acknowledgements so far, while the writer runs. */
export interface WriterState {
  acknowledged: number;
  seconds: number;
  full: boolean;
}

export interface WriterOptions {
  readonly path: string;
  readonly size: number;
  readonly run: bigint;
  /** Seconds from its first record to SIGKILL. */
  readonly seconds: number;
  readonly signal?: AbortSignal;
  readonly onReady?: (state: Readonly<WriterState>) => void;
}

// A child that has not mapped the file after this time hangs.
const START_MS = 30_000;
const STDERR_KEPT = 4000;

/**
 * Starts writer.js and kills it with SIGKILL after `seconds`, or as soon as it reports a full file. Resolves when the
 * process has ended and its pipe is empty: an acknowledgement that is still in the pipe counts.
 */
export function runWriter(options: WriterOptions): Promise<WriterRun> {
  return new Promise((resolve, reject) => {
    const script = join(__dirname, 'writer.js');
    const child = spawn(process.execPath, [script, options.path, String(options.size), String(options.run)], {
      // stderr is shown only if the writer fails, because its warnings repeat the warnings of this process.
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    });
    const state: WriterState = { acknowledged: 0, seconds: 0, full: false };
    let killed = false;
    let failure: string | undefined;
    let errors = '';
    let pending = '';

    const kill = (): void => {
      // kill() returns false if the process has ended by itself; the exit status then tells how.
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
      // The text after the last newline is an incomplete line. If the kill cut it off, it never counts.
      pending = lines.pop() ?? '';
      lines.forEach(onLine);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-STDERR_KEPT);
    });
    // Nothing is written to stdin: its end tells the child that the parent has ended. An early kill may reset it.
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
