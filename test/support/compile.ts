import { spawnSync } from 'node:child_process';

const compilers = {
  c: { variable: 'CC', program: 'cc', missing: 'there is no C compiler: apt-get install gcc libc6-dev' },
  'c++': { variable: 'CXX', program: 'c++', missing: 'there is no C++ compiler: apt-get install g++' },
} as const;

/**
 * Compiles a program or a library of the tests. A source that does not compile is a fault, and never a reason to skip.
 *
 * @returns the reason, with the remedy, why nothing can be compiled here; undefined: it is done.
 * @throws Error with the words of the compiler.
 */
export function compile(language: keyof typeof compilers, args: readonly string[]): string | undefined {
  const { variable, program, missing } = compilers[language];
  const { error, status, stderr } = spawnSync(process.env[variable] ?? program, args, { encoding: 'utf8' });
  if (error !== undefined) return missing;
  if (status !== 0) throw new Error(stderr);
  return undefined;
}
