import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileSystemOf } from '../../lib/storage/file-systems.js';
import type { BackendUnderTest } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { CLI, ROOT } from '../support/paths.js';
import { watermark } from '../support/watermark.js';

/** A program in the documents or in a docstring. */
export interface Example {
  /** The file and its line, and the name of the symbol that it documents. */
  readonly place: string;
  readonly code: string;
}

/** How the process of an example ended. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** Lines that the comment of a console.log() promises and that were not printed. */
  readonly notPrinted: readonly string[];
}

const DATA_LENGTH = 2 ** 20;
const LIMIT_MS = 60_000;

/** Seals need a file system that keeps blocks in place; /dev/shm is one on every Linux. */
function parent(): string {
  const { name } = fileSystemOf(statfsSync(tmpdir()).type);
  return ['ext4', 'xfs', 'tmpfs'].includes(name) ? tmpdir() : '/dev/shm';
}

/**
 * An empty directory with the package and its command, as an install makes them, with the examples of the repository,
 * and with data.bin: 1 MiB, every block written.
 */
function scratchDirectory(): string {
  const directory = mkdtempSync(join(parent(), 'mapdirect-example-'));
  const bin = join(directory, 'node_modules', '.bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(ROOT, join(directory, 'node_modules', 'mapdirect'));
  writeFileSync(join(bin, 'mapdirect'), `#!/bin/sh\nexec node '${CLI}' "$@"\n`, { mode: 0o755 });
  symlinkSync(join(ROOT, 'examples'), join(directory, 'examples'));
  writeFileSync(join(directory, 'data.bin'), watermark(0, DATA_LENGTH), { mode: 0o600, flush: true });
  return directory;
}

/** The reason in a comment "Native only: REASON". Such an example must fail on the emulation. */
export function nativeOnly({ code }: Example): string | undefined {
  return /^ *\/\/ Native only: (.+)$/m.exec(code)?.[1];
}

/** A comment behind console.log() is the line that it prints. "e.g." marks a line that depends on the machine. */
export function promisedLines({ code }: Example): string[] {
  const comments = Array.from(code.matchAll(/console\.log\(.*\);? +\/\/ (.+)$/gm), ([, comment = '']) => comment);
  return comments.filter((comment) => !comment.startsWith('e.g. '));
}

/** The programs of the package, and the Node.js that runs this test, come first. */
function environmentFor(backend: BackendUnderTest, directory: string): NodeJS.ProcessEnv {
  const places = [join(directory, 'node_modules', '.bin'), dirname(process.execPath), process.env['PATH'] ?? ''];
  const quiet = { npm_config_update_notifier: 'false' }; // npm would print a line about itself
  return { ...cleanEnvironment(), ...quiet, MAPDIRECT_BACKEND: backend, PATH: places.join(delimiter) };
}

/** Calls `use` in a directory of its own. */
function inScratchDirectory<Result>(use: (directory: string) => Result): Result {
  const directory = scratchDirectory();
  try {
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs a program, and ends it after a minute. */
function runProgram(directory: string, backend: BackendUnderTest, program: string, args: readonly string[]) {
  return spawnSync(program, args, {
    cwd: directory,
    env: environmentFor(backend, directory),
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
}

/** Runs the example in a process and a directory of its own. */
export function run(example: Example, backend: BackendUnderTest): Ending {
  return inScratchDirectory((directory) => {
    const file = join(directory, /^import /m.test(example.code) ? 'example.mjs' : 'example.js');
    writeFileSync(file, example.code);
    const { status, signal, stdout, stderr } = runProgram(directory, backend, process.execPath, [file]);
    const printed = stdout.split('\n');
    const notPrinted = promisedLines(example).filter((line) => !printed.includes(line));
    return { status, signal, stderr, notPrinted };
  });
}

/** Runs the lines one after the other in the shell, in a directory of their own. Stops at the first that fails. */
export function runCommands(lines: readonly string[]): Omit<Ending, 'notPrinted'> {
  return inScratchDirectory((directory) => {
    const { status, signal, stderr } = runProgram(directory, 'native', 'sh', ['-ec', lines.join('\n')]);
    return { status, signal, stderr };
  });
}
