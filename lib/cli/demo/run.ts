import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { map, probeSync, type Durability } from '../../index.js';
import type { Io } from '../io.js';
import { jsonLine } from '../json.js';
import { ProgressLine, type ProgressSample } from '../progress.js';
import { formatBytes, formatCount, Report, SILENT } from '../terminal.js';
import { runWriter, type WriterRun, type WriterState } from './child.js';
import { chooseFile, foreignFile, type DemoFile } from './file.js';
import { decodeHeader, encodeHeader, hasMagic, HEADER_LENGTH, MAGIC, RECORD_LENGTH, tally } from './records.js';
import type { Tally } from './records.js';
import { reportDurability, reportLesson, reportProbe, reportTally } from './report.js';

export interface DemoOptions {
  /** A file to make, or a directory to make one in. Default: a temporary file. */
  readonly path?: string;
  /** Size of the file in bytes. */
  readonly size: number;
  /** Seconds from the first record to the kill. */
  readonly seconds: number;
  /** Print one JSON object instead of text. */
  readonly json?: boolean;
  /** Keep a file whose name the demo chose. */
  readonly keep?: boolean;
}

/** Makes or clears the file, and writes its header. Returns the durability of a mapping of it. */
function prepare(file: DemoFile, size: number, run: bigint): Durability {
  using mapping = map(file.path, { create: true, size, length: size });
  const view = mapping.view(0, size);
  // Check again, in the file that was opened: another process may have put a file of its own there since chooseFile().
  if (!hasMagic(view) && view.subarray(0, MAGIC.length).some((byte) => byte !== 0)) throw foreignFile(file.path);
  // Remains of an earlier run could make a torn record look like a record of another run, or the other way round.
  if (file.reused) view.fill(0, HEADER_LENGTH);
  view.set(encodeHeader(run, size));
  mapping.persist();
  return mapping.durability;
}

/** Reads the file through a new mapping, as a program does that starts after a crash. */
function verify(file: DemoFile, size: number, run: bigint, acknowledged: number): Tally {
  using mapping = map(file.path, { access: 'read', length: size });
  if (decodeHeader(mapping.view(0, HEADER_LENGTH)) !== run) {
    throw new Error(
      `The header of '${file.path}' is not the header of this run any more: did another process write to the file?`,
    );
  }
  const view = mapping.view(0, size);
  return tally((offset) => view.subarray(offset, offset + RECORD_LENGTH), size, run, acknowledged);
}

function writerSample(state: Readonly<WriterState>, start: number, seconds: number): ProgressSample {
  const passed = Math.min(seconds, (performance.now() - start) / 1000);
  const rate = state.seconds > 0 ? state.acknowledged / state.seconds : 0;
  const records = `${formatCount(state.acknowledged)} records  ${formatCount(rate)}/s`;
  return { fraction: passed / seconds, text: `${passed.toFixed(1)} of ${seconds} s  ${records}` };
}

async function write(file: DemoFile, options: DemoOptions, run: bigint, io: Io): Promise<WriterRun> {
  let progress: ProgressLine | undefined;
  const { size, seconds, json } = options;
  const onReady = (state: Readonly<WriterState>): void => {
    const start = performance.now();
    const output = json === true ? SILENT : io.stderr;
    progress = new ProgressLine(output, io.env, () => writerSample(state, start, seconds));
  };
  try {
    return await runWriter({ path: file.path, size, run, seconds, signal: io.signal, onReady });
  } finally {
    progress?.stop();
  }
}

function reportPlace(report: Report, file: DemoFile, { size, keep }: DemoOptions): void {
  const end = file.temporary && keep !== true ? 'removed afterwards' : 'stays there';
  report.line(`${file.path}  (${formatBytes(size)}, ${file.reused ? 'of an earlier demo, cleared' : end})\n`);
}

function reportWriter(report: Report, { pid, full, seconds }: WriterRun, limit: number): void {
  report.heading('The writer');
  const when = full ? 'when the file was full' : `after ${limit} s, in the middle of its work`;
  report.entry('process', `${pid}, killed by SIGKILL ${when}`);
  if (full) {
    report.entry(
      'full',
      `after ${seconds.toFixed(2)} s the file was full: the writer had stopped appending, and waited for the kill. ` +
        'To kill it at work, give a larger --size or a shorter --seconds.',
    );
  }
}

interface Rate {
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
}

function rateOf(acknowledged: number, seconds: number): Rate {
  const recordsPerSecond = seconds > 0 ? acknowledged / seconds : 0;
  return {
    recordsPerSecond: Math.round(recordsPerSecond),
    bytesPerSecond: Math.round(recordsPerSecond * RECORD_LENGTH),
  };
}

/** The reasons for exit code 1, a sentence each. */
function failures({ failure }: WriterRun, { lost, acknowledged }: Tally): string[] {
  const found: string[] = [];
  if (failure !== undefined) found.push(failure);
  if (lost > 0) found.push(`${lost} acknowledged records are missing or damaged`);
  if (failure === undefined && acknowledged === 0)
    found.push('nothing was acknowledged in that time, so nothing was shown; give more --seconds');
  return found;
}

async function demonstrate(file: DemoFile, options: DemoOptions, io: Io): Promise<number> {
  const { size, seconds } = options;
  const report = new Report(options.json === true ? { ...io, stdout: SILENT } : io);
  const run = randomBytes(8).readBigUInt64LE();

  reportPlace(report, file, options);
  const probe = probeSync(file.probeTarget);
  reportProbe(report, probe);
  report.line();
  const durability = prepare(file, size, run);
  reportDurability(report, durability);
  report.line();
  report.paragraph(
    `Another process maps the file, and appends records of ${RECORD_LENGTH} bytes, each with a checksum. It ` +
      'acknowledges a record only after the persist() of that record has returned. Then it is killed.',
    0,
  );
  report.line();

  const writer = await write(file, options, run, io);
  io.signal?.throwIfAborted();
  const records = verify(file, size, run, writer.acknowledged);
  const rate = rateOf(records.acknowledged, writer.seconds);
  const ok = writer.failure === undefined && records.lost === 0 && records.acknowledged > 0;

  if (writer.failure === undefined) reportWriter(report, writer, seconds);
  report.entry(
    'rate',
    `${formatCount(rate.recordsPerSecond)} records/s, ${formatBytes(rate.bytesPerSecond)}/s, one persist() each`,
  );
  report.line();
  reportTally(report, records);
  report.line();
  if (ok) reportLesson(report, durability);
  report.line(ok ? '\nOK: every acknowledged record is there.' : 'NOT OK.');
  if (options.json === true) {
    const result = { probe, durability, records, rate, seconds: writer.seconds, path: file.path, ok };
    io.stdout.write(jsonLine(result));
    if (writer.full) io.stderr.write('mapdirect demo: the file was full before the time was up\n');
  }
  for (const failure of failures(writer, records)) io.stderr.write(`mapdirect demo: ${failure}\n`);
  return ok ? 0 : 1;
}

/**
 * Writes records into a mapped file from a child process, kills it with SIGKILL, and checks in this process that every
 * acknowledged record is there. Resolves to 0. Resolves to 1 if a record is missing, or if the run proved nothing. It
 * does not test a loss of power.
 *
 * @throws UsageError if `path` cannot be used, or is a file that the demo did not make. A system error of the library.
 */
export async function runDemo(options: DemoOptions, io: Io): Promise<number> {
  const file = chooseFile(options.path);
  let keep = !file.temporary || options.keep === true;
  try {
    const code = await demonstrate(file, options, io);
    if (code !== 0 && !keep) {
      // The file shows the fault.
      keep = true;
      io.stderr.write(`mapdirect demo: the file is kept for inspection: ${file.path}\n`);
    }
    return code;
  } finally {
    if (!keep) rmSync(file.path, { force: true });
  }
}
