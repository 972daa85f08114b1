import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../support/random.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { notedPositions } from './call-log.js';
import { calledNames } from './tally.js';

/** The calls of one kind, and the program that makes them. */
export interface Fuzzed {
  readonly title: string;
  /** The path of the program. Its arguments: seed, number of calls. */
  readonly program: string;
  /** The names of all calls of this kind. */
  readonly names: readonly string[];
  /** A line about the call that follows at this position of the random numbers. */
  readonly describe: (random: Random) => string;
}

/** The calls of one child process. */
export interface Round {
  readonly seed: number;
  readonly calls: number;
}

/** The end of one child process. */
export interface Outcome {
  /** The report of a failure. */
  readonly failure?: string;
  /** The names that were called. */
  readonly called: readonly string[];
}

const FILE_BLOCKS = 8192; // RLIMIT_FSIZE, in units of 512 bytes
const LIMIT_MS = 300_000;
const MEMORY = '/dev/shm';

/** A directory in memory, if there is one: flushes to a disk would take most of the time. */
function scratchDirectory(): string {
  return mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'mapdirect-fuzz-'));
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly said: string;
}

function runProgram(program: string, { seed, calls }: Round, directory: string): Promise<Ending> {
  const log = openSync(join(directory, 'calls.log'), 'w');
  const limited = `ulimit -f ${FILE_BLOCKS}; ulimit -c 0; exec "$@"`;
  const command = [process.execPath, '--no-warnings', '--expose-gc', program, `${seed}`, `${calls}`];
  const child = spawn('sh', ['-c', limited, 'sh', ...command], {
    cwd: directory,
    env: cleanEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe', log],
  });
  closeSync(log);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-20_000)));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGABRT'), LIMIT_MS);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, said });
    });
  });
}

/** Runs one child. */
export async function runRound({ program, describe }: Fuzzed, round: Round): Promise<Outcome> {
  const directory = scratchDirectory();
  try {
    const { code, signal, said } = await runProgram(program, round, directory);
    if (code === 0) return { called: calledNames(directory) };
    const last = notedPositions(join(directory, 'calls.log')).map((position) => describe(new Random(position)));
    const ending = signal === null ? `exit code ${code}` : `signal ${signal}`;
    const report = [
      `seed ${round.seed}, ${round.calls} calls: ${ending}. It said:`,
      said.trim(),
      'The last calls:',
      ...last.map((line) => `  ${line}`),
    ];
    return { failure: report.join('\n'), called: [] };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
