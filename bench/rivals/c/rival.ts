import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Effort, Trial } from '../../benchmark.js';
import { compiledRivals, cSources } from '../../paths.js';

const FLAGS = ['-O2', '-std=gnu11', '-Wall', '-Wextra'];

/** A library that a rival is compiled with. */
export interface Library {
  /** For the compiler. */
  readonly flags: readonly string[];
  /** A header of its development package. */
  readonly header: string;
  /** How to install that package. */
  readonly remedy: string;
}

/** The needs of a rival in C besides its source. */
interface CRivalOptions {
  readonly libraries?: readonly Library[];
  readonly environment?: Trial['environment'];
}

/** `$CC`, else cc. */
export const compiler = process.env['CC'] ?? 'cc';

/** The first line of `cc --version`; undefined if there is no compiler. */
export function compilerVersion(): string | undefined {
  const { status, stdout } = spawnSync(compiler, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}

function flagsOf(libraries: readonly Library[]): readonly string[] {
  return libraries.flatMap(({ flags }) => flags);
}

/**
 * The compiled source. Its name has a hash of source, headers, flags and compiler, so that each change makes a new one.
 */
export function binaryOf(source: string, libraries: readonly Library[]): string {
  const headers = fs.readdirSync(cSources).filter((name) => name.endsWith('.h'));
  const hash = createHash('sha256').update([compiler, ...FLAGS, ...flagsOf(libraries)].join('\0'));
  for (const name of [source, ...headers]) hash.update(fs.readFileSync(path.join(cSources, name)));
  return path.join(compiledRivals, `${path.basename(source, '.c')}-${hash.digest('hex').slice(0, 16)}`);
}

function hasHeader({ header, flags }: Library): boolean {
  const { status } = spawnSync(compiler, [...flags.filter((flag) => flag.startsWith('-I')), '-E', '-x', 'c', '-'], {
    input: `#include <${header}>\n`,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return status === 0;
}

/** Compiles the source if there is no binary yet. Returns the reason if that failed. */
export function compile(source: string, libraries: readonly Library[]): string | undefined {
  const binary = binaryOf(source, libraries);
  if (fs.existsSync(binary)) return undefined;
  fs.mkdirSync(compiledRivals, { recursive: true });
  // Rename the complete file: a second run at the same time must not start an incomplete binary.
  const unfinished = `${binary}.${process.pid}`;
  const command = [...FLAGS, '-o', unfinished, path.join(cSources, source), ...flagsOf(libraries)];
  const { error, status, stderr } = spawnSync(compiler, command, { encoding: 'utf8' });
  if (error !== undefined) return `no C compiler (${compiler}): install one (apt-get install gcc libc6-dev) or set CC`;
  if (status !== 0) {
    const absent = libraries.find((library) => !hasHeader(library));
    if (absent !== undefined) return `no ${absent.header}: ${absent.remedy}`;
    return `bench/rivals/c/${source} does not compile: ${stderr.trim().split('\n')[0] ?? ''}`;
  }
  fs.renameSync(unfinished, binary);
  return undefined;
}

/** A rival in C, compiled from bench/rivals/c/`source`. */
export function cRival(
  name: string,
  source: string,
  args: (directory: string, effort: Effort) => readonly string[],
  { libraries = [], environment }: CRivalOptions = {},
): Trial {
  return {
    name,
    role: 'rival',
    available: () => compile(source, libraries),
    command: (directory, effort) => [binaryOf(source, libraries), ...args(directory, effort)],
    environment,
  };
}

/** A rival with instructions of x86_64. */
export function x86Only(rival: Trial): Trial {
  const other = process.arch === 'x64' ? undefined : `the source is for x86_64, and this processor is ${process.arch}`;
  return { ...rival, available: () => other ?? rival.available() };
}
