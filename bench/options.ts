import { parseArgs } from 'node:util';
import type { Effort } from './benchmark.js';
import { committedReport } from './paths.js';

export const HELP = `Usage: npm run bench -- [TERM...] [OPTION...]

Runs every benchmark whose name contains one of the TERMs; without a TERM, all of them. Each trial runs in a child
process, and the competitors are interleaved round by round. Prints medians, the ratio of ours to each rival, and the
targets that are met or missed. See bench/README.md.

  --quick           less work and fewer rounds: the whole list in 2 minutes, otherwise in 15
  --rounds N        number of runs of each trial, for any time (default: as many as the time of the benchmark allows)
  --json FILE       also write results and machine facts to FILE
  --compare[=FILE]  name each row that is worse than in FILE by more than its noise (default: bench/report.json)
  --report          write bench/report.json, docs/performance.md and docs/pictures. With a TERM, the rows of the other
                    benchmarks stay, if they are of the same machine
  --render          write docs/performance.md and docs/pictures again from bench/report.json, and run nothing
  --list            print the benchmarks, their trials and targets, and run nothing
  --help            print this

Exit code: 0 no target missed, 1 a target missed or a trial failed, 2 usage. With --compare: 0 no row worse, 1 a row
worse or a trial failed, 2 usage.
`;

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {}

/** The command line. */
export interface Options {
  readonly terms: readonly string[];
  readonly effort: Effort;
  /** Undefined: as many as the budget of the benchmark allows. */
  readonly rounds?: number;
  /** The file of --json. */
  readonly json?: string;
  /** The file of --compare. */
  readonly compare?: string;
  readonly report: boolean;
  readonly render: boolean;
  readonly list: boolean;
  readonly help: boolean;
}

const flag = { type: 'boolean', default: false } as const;
const text = { type: 'string' } as const;

/** `--compare` without a file. parseArgs() has no options whose value may be missing. */
function withDefaults(args: readonly string[]): string[] {
  return args.map((argument) => (argument === '--compare' ? `--compare=${committedReport}` : argument));
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: withDefaults(args),
      allowPositionals: true,
      options: {
        quick: flag,
        rounds: text,
        json: text,
        compare: text,
        report: flag,
        render: flag,
        list: flag,
        help: flag,
      },
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS') === true) throw new UsageError(message);
    throw error;
  }
}

/** @throws UsageError if the arguments are wrong. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals: terms } = parse(args);
  const { quick, rounds, json, compare, report = false, render = false, list = false, help = false } = values;
  if (rounds !== undefined && !/^[1-9]\d{0,3}$/.test(rounds)) throw new UsageError('--rounds: a number from 1 to 9999');
  if (quick === true && report) throw new UsageError('--report needs a full run: leave --quick out');
  if (render && terms.length > 0) throw new UsageError('--render runs nothing: leave the terms out');
  return {
    terms,
    effort: quick === true ? 'quick' : 'full',
    rounds: rounds === undefined ? undefined : Number(rounds),
    json,
    compare,
    report,
    render,
    list,
    help,
  };
}
