import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Effort, Trial } from './benchmark.js';
import { builtLibrary, trials } from './paths.js';
import { resolveRival, type RivalName } from './rivals/npm/rival.js';

interface NodeTrial {
  readonly name: string;
  readonly role: Trial['role'];
  /** The file name in bench/trials, without its extension. */
  readonly script: string;
  readonly args: (directory: string, effort: Effort) => readonly string[];
  /** Flags for node. */
  readonly flags?: readonly string[];
  /** The npm package that the trial needs. Default: this package. */
  readonly rival?: RivalName;
  readonly environment?: Trial['environment'];
}

function missingLibrary(): string | undefined {
  return fs.existsSync(builtLibrary) ? undefined : 'not built: npm run build';
}

/** better-sqlite3 loads its addon with the first database. */
const LOAD = "const main = require(process.argv[1]); if (process.argv[2] === 'better-sqlite3') new main(':memory:');";

/** Loads the package in a child, because an addon for another Node may end the process. */
function missingRival(rival: RivalName): string | undefined {
  const file = resolveRival(rival);
  const remedy = 'npm install --prefix bench/rivals/npm --no-package-lock';
  if (file === undefined)
    return `not installed: ${remedy}${rival === 'mmap-io' ? ' (1.1.7 does not compile on Node >= 20)' : ''}`;
  const { status, signal } = spawnSync(process.execPath, ['-e', LOAD, file, rival], { stdio: 'ignore' });
  return status === 0 ? undefined : `installed, but does not load (${signal ?? `exit code ${status}`}): ${remedy}`;
}

/** A trial that is a script of bench/trials. It runs on the node of the benchmark. */
export function nodeTrial({ name, role, script, args, flags = [], rival, environment }: NodeTrial): Trial {
  return {
    name,
    role,
    available: () => (rival === undefined ? missingLibrary() : missingRival(rival)),
    command: (directory, effort) => [
      process.execPath,
      ...flags,
      path.join(trials, `${script}.js`),
      ...args(directory, effort),
    ],
    environment,
  };
}
