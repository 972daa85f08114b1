import { availableParallelism, loadavg } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { Durability } from '../../index.js';
import type { Io } from '../io.js';
import { jsonLine } from '../json.js';
import { ProgressLine } from '../progress.js';
import { formatBytes, SILENT } from '../terminal.js';
import { versions } from '../versions.js';
import { BenchFile, directoryOf } from './file.js';
import { measure, type Measured } from './measure.js';
import { reportBench } from './report.js';
import { benchRows } from './rows.js';

const ROUNDS = 7;

export interface BenchOptions {
  /** A directory, or a file in it. */
  readonly path: string;
  /** Size of the temporary file in bytes. */
  readonly size: number;
  /** Seconds for all samples together. */
  readonly seconds: number;
  readonly json: boolean;
}

/** Ends the measurement after a signal. Between two samples signals and the progress line get their turn. */
async function untilAborted({ signal }: Io): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}

/** The file, its measurement and its end. */
async function withFile(directory: string, options: BenchOptions, io: Io): Promise<[Durability, Measured[]]> {
  const { size, seconds, json } = options;
  let state = { fraction: 0, text: `writing a file of ${formatBytes(size)}` };
  const line = new ProgressLine(json ? SILENT : io.stderr, io.env, () => state);
  let file: BenchFile | undefined;
  try {
    file = await BenchFile.make(directory, size);
    const rows = await measure(benchRows(file), {
      rounds: ROUNDS,
      budget: seconds * 1000,
      onSample: (done, total, text) => {
        state = { fraction: done / total, text };
        return untilAborted(io);
      },
    });
    return [file.mapping.durability, rows];
  } finally {
    line.stop();
    await file?.remove();
  }
}

/**
 * Measures mappings beside node:fs with a temporary file, and prints the times as bars. Resolves to 0. The file is
 * removed, also on Ctrl-C.
 *
 * @throws UsageError if there is no such directory. A system error if the file cannot be made there.
 */
export async function runBench(options: BenchOptions, io: Io): Promise<number> {
  const directory = directoryOf(options.path);
  const [durability, rows] = await withFile(directory, options, io);
  const load = (loadavg()[0] ?? 0) / availableParallelism();
  const head = { path: directory, size: options.size, durability, rounds: ROUNDS, load };
  if (options.json) io.stdout.write(jsonLine({ ...versions(), ...head, rows }));
  else reportBench(head, rows, io);
  return 0;
}
