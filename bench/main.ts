import fs from 'node:fs';
import type { Benchmark } from './benchmark.js';
import { machine } from './facts/machine.js';
import { HELP, type Options, parseOptions, UsageError } from './options.js';
import { committedReport, sharedMemory } from './paths.js';
import { compareRows, describeComparison, rowsOf, type Row } from './report/comparison.js';
import { writeDocuments } from './report/documents.js';
import { formatReport, mergeReports, readReport, type Report } from './report/stored-report.js';
import { listing, reportBenchmark, reportMachine } from './report/terminal.js';
import { type BenchmarkResult, runBenchmark } from './runner.js';
import { benchmarks } from './suites/index.js';

function select(terms: readonly string[]): readonly Benchmark[] {
  if (terms.length === 0) return benchmarks;
  const chosen = benchmarks.filter(({ name }) => terms.some((term) => name.toLowerCase().includes(term.toLowerCase())));
  if (chosen.length === 0) throw new UsageError(`no benchmark's name contains ${terms.join(' or ')}; see --list`);
  return chosen;
}

/** Prints a line that the next one replaces; on anything but a terminal, nothing. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** Runs the benchmarks and prints the result of each. */
async function run(chosen: readonly Benchmark[], { effort, rounds, json }: Options): Promise<Report> {
  if (!fs.existsSync(sharedMemory))
    throw new Error(`the benchmarks work in ${sharedMemory}, which does not exist here`);
  const facts = machine();
  const results: BenchmarkResult[] = [];
  const report = { effort, machine: facts, benchmarks: results };
  process.stdout.write(`${reportMachine(facts)}\n`);
  for (const benchmark of chosen) {
    results.push(await runBenchmark(benchmark, { effort, rounds, progress }));
    progress('');
    process.stdout.write(`${reportBenchmark(benchmark, results.at(-1)!, effort)}\n`);
    // After each benchmark, so that an interrupted run keeps its results.
    if (json !== undefined) fs.writeFileSync(json, formatReport(report));
  }
  return report;
}

/** Writes the committed report and the documents. */
function publish(report: Report, terms: readonly string[]): void {
  const isWhole = terms.length === 0 || !fs.existsSync(committedReport);
  const whole = isWhole ? report : mergeReports(readReport(committedReport), report);
  fs.writeFileSync(committedReport, formatReport(whole));
  writeDocuments(benchmarks, readReport(committedReport)); // with its five digits, as --render writes them
}

function allRows({ benchmarks: results }: Report): Row[] {
  return benchmarks.flatMap((benchmark) => {
    const result = results.find(({ name }) => name === benchmark.name);
    return result === undefined ? [] : rowsOf(benchmark, result);
  });
}

/** Prints the rows that are worse than in the older report. Returns whether there is one. */
function isWorse(last: Report, report: Report): boolean {
  const comparison = compareRows(allRows(last), allRows(report));
  process.stdout.write(describeComparison(comparison));
  if (last.machine.cpu !== report.machine.cpu)
    process.stdout.write(`The other report is of ${last.machine.cpu}: its ratios may differ.\n`);
  return comparison.worse.length > 0;
}

/** The older report of --compare. Read before the run, so that a wrong file does not cost a run. */
function olderReport({ compare, effort }: Options): Report | undefined {
  if (compare === undefined) return undefined;
  if (!fs.existsSync(compare)) throw new UsageError(`no such report: ${compare}`);
  const last = readReport(compare);
  if (last.effort === effort) return last;
  throw new UsageError(`${compare} is of a ${last.effort} run, and a ${effort} run does other work`);
}

function hasFailed({ trials }: BenchmarkResult): boolean {
  return trials.some(({ failed }) => failed !== undefined);
}

function hasMissed({ targets }: BenchmarkResult): boolean {
  return targets.some(({ verdict }) => verdict === 'missed');
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const chosen = select(options.terms);
  if (options.help) process.stdout.write(HELP);
  else if (options.list) process.stdout.write(listing(chosen));
  else if (options.render) writeDocuments(benchmarks, readReport(committedReport));
  if (options.help || options.list || options.render) return 0;

  const last = olderReport(options);
  const report = await run(chosen, options);
  const worse = last !== undefined && isWorse(last, report);
  if (options.report) publish(report, options.terms);
  const missed = last === undefined && report.benchmarks.some(hasMissed);
  return worse || missed || report.benchmarks.some(hasFailed) ? 1 : 0;
}

// exit() in place of the default action: the 'exit' listeners remove the files in /dev/shm.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`bench: ${error instanceof UsageError ? `${error.message} (try --help)` : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
