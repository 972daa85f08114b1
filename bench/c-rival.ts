import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Trial } from './benchmark.js';
import { cache, cSources } from './places.js';

const FLAGS = ['-O2', '-std=gnu11', '-Wall', '-Wextra'];

/** `$CC`, else cc. */
export const compiler = process.env['CC'] ?? 'cc';

/** First line of `cc --version`; undefined when there is no compiler. */
export function compilerVersion(): string | undefined {
  const { status, stdout } = spawnSync(compiler, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}

/** The name carries source, flags and compiler, so that an old binary is never taken for a new one. */
function binaryOf(source: string): string {
  const digest = createHash('sha256')
    .update(fs.readFileSync(path.join(cSources, source)))
    .update([compiler, ...FLAGS].join('\0'))
    .digest('hex')
    .slice(0, 16);
  return path.join(cache, `${path.basename(source, '.c')}-${digest}`);
}

/** Why it could not be compiled; undefined when the binary is there. */
function compile(source: string): string | undefined {
  const binary = binaryOf(source);
  if (fs.existsSync(binary)) return undefined;
  fs.mkdirSync(cache, { recursive: true });
  // Renamed when complete: a second run at the same time must not start half a binary.
  const unfinished = `${binary}.${process.pid}`;
  const { error, status, stderr } = spawnSync(compiler, [...FLAGS, '-o', unfinished, path.join(cSources, source)], {
    encoding: 'utf8',
  });
  if (error !== undefined) return `no C compiler (${compiler}): install one (apt-get install gcc libc6-dev) or set CC`;
  if (status !== 0) return `bench/c/${source} does not compile: ${stderr.trim().split('\n')[0] ?? ''}`;
  fs.renameSync(unfinished, binary);
  return undefined;
}

/** A rival in C, from bench/c/`source`. */
export function cRival(name: string, source: string, args: (directory: string) => readonly string[]): Trial {
  return {
    name,
    role: 'rival',
    available: () => compile(source),
    command: (directory) => [binaryOf(source), ...args(directory)],
  };
}
