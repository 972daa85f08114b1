import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment } from '../support/clean-environment.js';
import { ROOT } from '../support/paths.js';

/** How a program of examples/ ended. */
export interface ProgramEnd {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The path of a file of an example. */
export function exampleFile(example: string, file: string): string {
  return join(ROOT, 'examples', example, file);
}

/** Runs a program of an example to its end. `env` is added to the environment. */
export function runProgram(
  example: string,
  file: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): ProgramEnd {
  const { status, stdout, stderr } = spawnSync(process.execPath, [exampleFile(example, file), ...args], {
    encoding: 'utf8',
    env: { ...cleanEnvironment(), ...env },
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}
