import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { map, probeSync, type Durability } from '../../index.js';
import { formatBytes } from '../arguments.js';
import type { Io, Output } from '../command.js';
import { runWriter, type WriterRun } from './child.js';
import { chooseFile, notOurs, type DemoFile } from './file.js';
import {
  decodeHeader,
  encodeHeader,
  hasMagic,
  HEADER_LENGTH,
  MAGIC,
  RECORD_LENGTH,
  tally,
  type Tally,
} from './records.js';
import { formatCount, Report } from './report.js';
import { Progress } from '../progress.js';

export interface DemoOptions {
  /** A file to make, or a directory to make one in. Default: a temporary file. */
  readonly path?: string;
  /** Of the file, in bytes. */
  readonly size: number;
  /** From the first record to the kill. */
  readonly seconds: number;
  /** One JSON object instead of text. */
  readonly json?: boolean;
  /** Keep a file whose name the demo chose. */
  readonly keep?: boolean;
}

const SILENT: Output = { write: () => true };

/** Makes (or clears) the file and its header; returns what durability a mapping of it has. */
function prepare(file: DemoFile, size: number, run: bigint): Durability {
  using mapping = map(file.path, { create: true, size, length: size });
  const view = mapping.view(0, size);
  // Looked at again in what was really opened: another process may have put its file there since.
  if (!hasMagic(view) && view.subarray(0, MAGIC.length).some((byte) => byte !== 0)) throw notOurs(file.path);
  // Left-overs would make a torn record look like another, and the other way round.
  if (file.reused) view.fill(0, HEADER_LENGTH);
  view.set(encodeHeader(run, size));
  mapping.persist();
  return mapping.durability;
}

/** Reads the file through a mapping of its own, as a program that starts after a crash does. */
function verify(file: DemoFile, size: number, run: bigint, acknowledged: number): Tally {
  using mapping = map(file.path, { access: 'read', length: size });
  if (decodeHeader(mapping.view(0, HEADER_LENGTH)) !== run) {
    throw new Error(
      `'${file.path}' does not carry this run's header any more: did another process write to it meanwhile?`,
    );
  }
  const view = mapping.view(0, size);
  return tally((offset) => view.subarray(offset, offset + RECORD_LENGTH), size, run, acknowledged);
}

async function write(file: DemoFile, options: DemoOptions, run: bigint, io: Io): Promise<WriterRun> {
  let progress: Progress | undefined;
  const { path } = file;
  const { size, seconds, json } = options;
  try {
    return await runWriter({
      path,
      size,
      run,
      seconds,
      signal: io.signal,
      onReady: (state) => {
        const start = performance.now();
        progress = new Progress(json === true ? SILENT : io.stderr, io.env, () => {
          const passed = Math.min(seconds, (performance.now() - start) / 1000);
          const rate = state.seconds > 0 ? state.acknowledged / state.seconds : 0;
          const text = `${passed.toFixed(1)} of ${seconds} s  ${formatCount(state.acknowledged)} records  ${formatCount(rate)}/s`;
          return { fraction: passed / seconds, text };
        });
      },
    });
  } finally {
    progress?.stop();
  }
}

function withoutBigInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** BigInts have no JSON; they become strings of their digits. */
function toJson(value: object): string {
  return JSON.stringify(value, withoutBigInts);
}

function describeEnd(report: Report, writer: WriterRun, seconds: number): void {
  report.line('The writer');
  report.entry(
    'process',
    `${writer.pid}, killed by SIGKILL ${writer.full ? 'when the file was full' : `after ${seconds} s, in the middle of its work`}`,
  );
  if (writer.full) {
    report.entry(
      'full',
      `after ${writer.seconds.toFixed(2)} s there was no room left: it had stopped appending and waited for the kill. ` +
        'To kill it at work, give a larger --size or a shorter --seconds.',
    );
  }
}

async function demonstrate(file: DemoFile, options: DemoOptions, io: Io): Promise<number> {
  const { size, seconds } = options;
  const report = new Report(options.json === true ? SILENT : io.stdout);
  const run = randomBytes(8).readBigUInt64LE();

  const stay = file.reused
    ? 'of an earlier demo, cleared'
    : file.temporary && options.keep !== true
      ? 'removed afterwards'
      : 'stays there';
  report.line(`${file.path}  (${formatBytes(size)}, ${stay})\n`);
  const probe = probeSync(file.probeTarget);
  report.probe(probe);
  report.line();
  const durability = prepare(file, size, run);
  report.durability(durability);
  report.line();
  report.paragraph(
    `Another process maps the file, appends records of ${RECORD_LENGTH} bytes with a checksum, and acknowledges each only after ` +
      'its persist() has returned; then it is killed.',
    0,
  );
  report.line();

  const writer = await write(file, options, run, io);
  io.signal?.throwIfAborted();
  const records = verify(file, size, run, writer.acknowledged);
  const recordsPerSecond = writer.seconds > 0 ? records.acknowledged / writer.seconds : 0;
  const bytesPerSecond = recordsPerSecond * RECORD_LENGTH;
  const ok = writer.failure === undefined && records.lost === 0 && records.acknowledged > 0;

  if (writer.failure === undefined) describeEnd(report, writer, seconds);
  report.entry(
    'rate',
    `${formatCount(recordsPerSecond)} records/s, ${formatBytes(bytesPerSecond)}/s, one persist() each`,
  );
  report.line();
  report.tally(records);
  report.line();
  if (ok) report.lesson(durability);
  report.line(ok ? '\nOK: every acknowledged record is there.' : 'NOT OK.');
  if (options.json === true) {
    io.stdout.write(
      `${toJson({
        probe,
        durability,
        records,
        rate: { recordsPerSecond: Math.round(recordsPerSecond), bytesPerSecond: Math.round(bytesPerSecond) },
        seconds: writer.seconds,
        path: file.path,
        ok,
      })}\n`,
    );
    if (writer.full) io.stderr.write('mapdirect demo: the file was full before the time was up\n');
  }
  if (writer.failure !== undefined) io.stderr.write(`mapdirect demo: ${writer.failure}\n`);
  if (records.lost > 0)
    io.stderr.write(`mapdirect demo: ${records.lost} acknowledged records are missing or damaged\n`);
  if (writer.failure === undefined && records.acknowledged === 0) {
    io.stderr.write(
      'mapdirect demo: nothing was acknowledged in that time, so nothing was shown; give more --seconds\n',
    );
  }
  return ok ? 0 : 1;
}

/**
 * Writes records into a mapped file from a child process, kills it with SIGKILL, and checks in this process that every
 * record it had acknowledged is there. Resolves to 0, or to 1 when one is not or the run proved nothing. It does not
 * test a loss of power.
 *
 * @throws UsageError when `path` cannot be used or holds a file of somebody's; a system error from the library.
 */
export async function runDemo(options: DemoOptions, io: Io): Promise<number> {
  const file = chooseFile(options.path);
  let keep = !file.temporary || options.keep === true;
  try {
    const code = await demonstrate(file, options, io);
    if (code !== 0 && !keep) {
      // It is the evidence.
      keep = true;
      io.stderr.write(`mapdirect demo: the file is kept for inspection: ${file.path}\n`);
    }
    return code;
  } finally {
    if (!keep) rmSync(file.path, { force: true });
  }
}
