import fs from 'node:fs';
import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.js';
import { machine } from './facts/machine.js';
import { listing, reportBenchmark, reportMachine } from './report.js';
import { type BenchmarkResult, runBenchmark } from './runner.js';
import { sharedMemory } from './paths.js';
import { benchmarks } from './suites/index.js';

const HELP = `Usage: npm run bench -- [TERM...] [--json FILE] [--rounds N] [--list] [--help]

Runs every benchmark whose name contains one of the TERMs; without a TERM, all of them. Each trial runs in a child
process, and the competitors are interleaved round by round. Prints medians, the ratio of ours to each rival, and the
targets that are met or missed. See bench/README.md.

  --json FILE   also write results and machine facts to FILE
  --rounds N    number of runs of each trial (default: the number of the benchmark)
  --list        print the benchmarks, their trials and targets, and run nothing
  --help        print this

Exit code: 0 no target missed, 1 a target missed or a trial failed, 2 usage.
`;

/** The command line is wrong: exit code 2. */
class UsageError extends Error {}

function commandLine(): { terms: string[]; json?: string; rounds?: number; list: boolean; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'string' },
        rounds: { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { json, rounds, list = false, help = false } = values;
    if (rounds !== undefined && !/^[1-9]\d{0,3}$/.test(rounds))
      throw new UsageError('--rounds: a number from 1 to 9999');
    return { terms: positionals, list, help, json, rounds: rounds === undefined ? undefined : Number(rounds) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS') === true) throw new UsageError(message);
    throw error;
  }
}

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

function hasFailed({ trials, targets }: BenchmarkResult): boolean {
  return trials.some(({ failed }) => failed !== undefined) || targets.some(({ verdict }) => verdict === 'missed');
}

async function main(): Promise<number> {
  const { terms, json, rounds, list, help } = commandLine();
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  const chosen = select(terms);
  if (list) {
    process.stdout.write(listing(chosen));
    return 0;
  }
  if (!fs.existsSync(sharedMemory))
    throw new Error(`the benchmarks work in ${sharedMemory}, which does not exist here`);

  const facts = machine();
  const results: BenchmarkResult[] = [];
  process.stdout.write(`${reportMachine(facts)}\n`);
  for (const benchmark of chosen) {
    const result = await runBenchmark(benchmark, rounds ?? benchmark.rounds, progress);
    progress('');
    process.stdout.write(`${reportBenchmark(benchmark, result)}\n`);
    results.push(result);
    // After each benchmark, so that an interrupted run keeps its results.
    if (json !== undefined)
      fs.writeFileSync(json, `${JSON.stringify({ machine: facts, benchmarks: results }, null, 2)}\n`);
  }
  return results.some(hasFailed) ? 1 : 0;
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
