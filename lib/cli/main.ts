#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean, parseArguments, UsageError } from './arguments.js';
import type { Command, Io } from './command.js';
import { demoCommand } from './demo/command.js';
import { extentsCommand } from './extents/command.js';
import { watched } from './output.js';
import { sealCommand } from './seal/command.js';

const COMMANDS: readonly Command[] = [demoCommand, extentsCommand, sealCommand];

const HELP = `Usage: mapdirect COMMAND [options]

Memory-mapped files and persistent memory: what they promise here, and why.

Commands
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(12)}  ${summary}`).join('\n')}

Options
  -h, --help     print this; after a command, what that command takes
  -v, --version  print the version

Exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 the output cannot be
written.

Examples
  mapdirect demo
  mapdirect demo --help
  mapdirect extents data.bin
  mapdirect seal data.bin
`;

/** Of our own package.json, from dist/lib/cli. */
function version(): string {
  const text = readFileSync(join(__dirname, '..', '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** @throws UsageError for an option of a command that stands before it. */
function checkPlace(word: string): void {
  const name = word.replace(/^--/, '').replace(/=.*$/s, '');
  const owner = COMMANDS.find(({ options }) => name !== 'help' && Object.hasOwn(options, name));
  if (owner !== undefined)
    throw new UsageError(`Option '--${name}' goes after the command: mapdirect ${owner.name} --${name}.`);
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const [word, ...rest] = args;
  if (word === undefined) {
    io.stderr.write(HELP);
    return 2;
  }
  if (word.startsWith('-')) {
    checkPlace(word);
    const { values } = parseArguments(
      args,
      {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
      Infinity,
    );
    if (values['help'] !== true && values['version'] !== true) throw new UsageError('No command.');
    io.stdout.write(values['help'] === true ? HELP : `${version()}\n`);
    return 0;
  }
  const command = COMMANDS.find(({ name }) => name === word);
  if (command === undefined) {
    throw new UsageError(
      `Unknown command '${word}'.${didYouMean(
        word,
        COMMANDS.map(({ name }) => name),
      )}`,
    );
  }
  try {
    const parsed = parseArguments(rest, command.options, 1);
    if (parsed.values['help'] === true) {
      io.stdout.write(command.help);
      return 0;
    }
    return await command.run(parsed, io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`mapdirect ${word}: ${error.message}\nTry 'mapdirect ${word} --help'.\n`);
    return 2;
  }
}

/** An error with a code says what to do in its message. One without is a mistake of ours: there the stack helps. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? error.message : (error.stack ?? error.message);
}

/** The errors in the order they happened: when `using` fails to close after another failure it throws both in one. */
function causes(error: unknown): unknown[] {
  if (!(error instanceof Error) || error.name !== 'SuppressedError') return [error];
  const { error: later, suppressed } = error as Error & { error?: unknown; suppressed?: unknown };
  return [...causes(suppressed), ...causes(later)];
}

/** The whole command line after the program's name. Resolves to the exit code; prints errors itself. */
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
    for (const cause of causes(error)) io.stderr.write(`mapdirect: ${describe(cause)}\n`);
    return 1;
  }
}

/** Nobody reads on, or the disk behind standard output is full. */
class OutputLost extends Error {}

const UNWRITABLE = 3;

// timeout(1), a shell and a terminal may each send a signal for one wish to end it.
const ONE_WISH_MS = 1000;

/** Runs as a program: signals end it after the commands have cleaned up, and then by that same signal, unless the command accepts it. One that comes while it cleans up ends it at once if it is not of the same wish. */
async function run(): Promise<void> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  let heard = false; // `received` is taken back by a command that accepts it
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stopListening = (): void => {
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (heard) return;
    heard = true;
    received = signal;
    setTimeout(stopListening, ONE_WISH_MS).unref();
    controller.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  const { stderr, env } = process;
  let failed = 0; // 1 is an answer of a command
  // `mapdirect demo | head`: nobody reads on, which is no reason for a stack trace, nor for leaving files behind. A full disk neither.
  const stdout = watched(process.stdout, ({ code, message }) => {
    if (code !== 'EPIPE') {
      stderr.write(`mapdirect: standard output cannot be written: ${message}\n`);
      failed = UNWRITABLE;
      process.exitCode = UNWRITABLE;
    }
    controller.abort(new OutputLost());
  });
  const acceptSignal = (): void => {
    received = undefined;
  };
  // Not process.exit(): what was written into a pipe would be cut off.
  const code = await main(process.argv.slice(2), { stdout, stderr, env, signal: controller.signal, acceptSignal });
  process.exitCode = failed === 0 ? code : failed;
  stopListening();
  if (received !== undefined) process.kill(process.pid, received);
}

if (require.main === module) void run();
