#!/usr/bin/env node
import { didYouMean, parseArguments, UsageError, type OptionTable } from './arguments.js';
import type { Command } from './command.js';
import type { Io } from './io.js';
import { benchCommand } from './bench/command.js';
import { demoCommand } from './demo/command.js';
import { doctorCommand } from './doctor/command.js';
import { extentsCommand } from './extents/command.js';
import { untilLost } from './output.js';
import { packageVersion } from './versions.js';
import { sealCommand } from './seal/command.js';

const COMMANDS: readonly Command[] = [doctorCommand, demoCommand, benchCommand, extentsCommand, sealCommand];

const HELP = `Usage: mapdirect COMMAND [options]

Memory-mapped files and persistent memory: the promises they make here, and the
reasons.

Commands
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(12)}  ${summary}`).join('\n')}

Options
  -h, --help     print this; after a command, print the help of that command
                 (also: mapdirect help COMMAND)
  -v, --version  print the version

The JSON of each command has a field "schema". Its number is raised when a field
goes away or gets another meaning, and not for a new field.

Exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 the output cannot be
written.

Examples
  mapdirect doctor
  mapdirect demo
  mapdirect bench /tmp
  mapdirect demo --help
  mapdirect extents data.bin
  mapdirect seal data.bin
`;

const GLOBAL_OPTIONS: OptionTable = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
};

/** @throws UsageError for an option of a command that stands before the command. */
function checkOptionOrder(args: readonly string[]): void {
  const name = (args[0] ?? '').replace(/^--/, '').replace(/=.*$/s, '');
  const owners = COMMANDS.filter(({ options }) => name !== 'help' && Object.hasOwn(options, name));
  const owner = owners.find((command) => args.includes(command.name)) ?? owners[0];
  if (owner !== undefined)
    throw new UsageError(`Option '--${name}' goes after the command: mapdirect ${owner.name} --${name}.`);
}

/** `mapdirect --help` and `mapdirect --version`. */
function runWithoutCommand(args: readonly string[], io: Io): number {
  checkOptionOrder(args);
  const { values } = parseArguments(args, GLOBAL_OPTIONS, Infinity);
  if (values['help'] !== true && values['version'] !== true) throw new UsageError('No command.');
  io.stdout.write(values['help'] === true ? HELP : `${packageVersion()}\n`);
  return 0;
}

async function runCommand(command: Command, args: readonly string[], io: Io): Promise<number> {
  try {
    const parsed = parseArguments(args, command.options, 1);
    if (parsed.values['help'] === true) {
      io.stdout.write(command.help);
      return 0;
    }
    return await command.run(parsed, io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`mapdirect ${command.name}: ${error.message}\nTry 'mapdirect ${command.name} --help'.\n`);
    return 2;
  }
}

/** `mapdirect help demo` is `mapdirect demo --help`. */
function asOption(args: readonly string[]): readonly string[] {
  return args[0] === 'help' ? [...args.slice(1), '--help'] : args;
}

async function dispatch(words: readonly string[], io: Io): Promise<number> {
  const args = asOption(words);
  const [word, ...rest] = args;
  if (word === undefined) {
    io.stderr.write(HELP);
    return 2;
  }
  if (word.startsWith('-')) return runWithoutCommand(args, io);
  const command = COMMANDS.find(({ name }) => name === word);
  if (command !== undefined) return runCommand(command, rest, io);
  const names = [...COMMANDS.map(({ name }) => name), 'help'];
  throw new UsageError(`Unknown command '${word}'.${didYouMean(word, names)}`);
}

/** The message of an error with a code gives advice. Without a code it is a fault of this package: the stack helps. */
function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? error.message : (error.stack ?? error.message);
}

/** The errors in the order they happened. `using` throws two errors in one if its close() fails after another error. */
function causes(error: unknown): unknown[] {
  if (!(error instanceof Error) || error.name !== 'SuppressedError') return [error];
  const { error: later, suppressed } = error as Error & { error?: unknown; suppressed?: unknown };
  return [...causes(suppressed), ...causes(later)];
}

/** Runs the command line after the program's name. Prints errors. Resolves to the exit code. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr.write(`mapdirect: ${error.message}\nTry 'mapdirect --help'.\n`);
      return 2;
    }
    if (io.signal?.aborted === true) {
      if (!(io.signal.reason instanceof OutputLost))
        io.stderr.write(`mapdirect ${args[0] ?? ''}: interrupted before its end, so it shows nothing\n`);
      return 1;
    }
    for (const cause of causes(error)) io.stderr.write(`mapdirect: ${errorText(cause)}\n`);
    return 1;
  }
}

/** The reader of standard output has ended, or the disk behind it is full. */
class OutputLost extends Error {}

const UNWRITABLE = 3;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// timeout(1), a shell and a terminal may each send a signal to end the program once. Signals this close count as one.
const SAME_REQUEST_MS = 1000;

/**
 * Ends the commands by a signal. At the first signal the command cleans up and returns. After that the process ends by
 * the same signal, unless the command accepts the signal. A second signal, later than {@link SAME_REQUEST_MS}, ends the
 * process at once.
 */
class SignalRequest {
  /** The signal that must end the process; undefined if there was none, or if the command has accepted it. */
  pending: NodeJS.Signals | undefined;
  private isHeard = false;

  constructor(private readonly controller: AbortController) {
    for (const signal of SIGNALS) process.on(signal, this.onSignal);
  }

  accept(): void {
    this.pending = undefined;
  }

  stopListening(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.onSignal);
  }

  private readonly onSignal = (signal: NodeJS.Signals): void => {
    if (this.isHeard) return;
    this.isHeard = true;
    this.pending = signal;
    setTimeout(() => this.stopListening(), SAME_REQUEST_MS).unref();
    this.controller.abort();
  };
}

/** Runs as a program, with the streams, the environment and the signals of this process. */
async function run(): Promise<void> {
  const controller = new AbortController();
  const request = new SignalRequest(controller);
  const { stderr, env } = process;
  let failed = 0; // not 1, which is an answer of a command
  const stdout = untilLost(process.stdout, ({ code, message }) => {
    // EPIPE is the ordinary end of `mapdirect demo | head`. The command must still remove its files.
    if (code !== 'EPIPE') {
      stderr.write(`mapdirect: standard output cannot be written: ${message}\n`);
      failed = UNWRITABLE;
      process.exitCode = UNWRITABLE;
    }
    controller.abort(new OutputLost());
  });
  const acceptSignal = (): void => request.accept();
  const code = await main(process.argv.slice(2), { stdout, stderr, env, signal: controller.signal, acceptSignal });
  // Not process.exit(), which cuts off text that is still to be written into a pipe.
  process.exitCode = failed === 0 ? code : failed;
  request.stopListening();
  if (request.pending !== undefined) process.kill(process.pid, request.pending);
}

if (require.main === module) void run();
