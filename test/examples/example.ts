import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSystemOf } from '../../lib/storage/file-systems.js';
import type { BackendUnderTest } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { ROOT } from '../support/paths.js';
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

/** An empty directory with the package, and with data.bin: 1 MiB, every block written. */
function scratchDirectory(): string {
  const directory = mkdtempSync(join(parent(), 'mapdirect-example-'));
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(ROOT, join(directory, 'node_modules', 'mapdirect'));
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

function environmentFor(backend: BackendUnderTest): NodeJS.ProcessEnv {
  return { ...cleanEnvironment(), MAPDIRECT_BACKEND: backend };
}

/** Runs the example in a process and a directory of its own. */
export function run(example: Example, backend: BackendUnderTest): Ending {
  const directory = scratchDirectory();
  try {
    const file = join(directory, /^import /m.test(example.code) ? 'example.mjs' : 'example.js');
    writeFileSync(file, example.code);
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [file], {
      cwd: directory,
      env: environmentFor(backend),
      encoding: 'utf8',
      timeout: LIMIT_MS,
    });
    const printed = stdout.split('\n');
    const notPrinted = promisedLines(example).filter((line) => !printed.includes(line));
    return { status, signal, stderr, notPrinted };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
