import { spawn, type StdioOptions } from 'node:child_process';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { CHILDREN } from './paths.js';
import { cleanEnvironment } from './clean-environment.js';

/** The end of a child process, and its output. */
export interface ChildResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A program and its arguments that runs node for us: an emulator. */
  readonly through?: readonly string[];
  /** Descriptors that the child gets as 3, 4, ... */
  readonly inherit?: readonly number[];
  /** Milliseconds after which the child is killed and the call rejects. */
  readonly limit?: number;
}

/** Runs test/process/children/NAME in a process of its own. Resolves at its end, rejects if it takes too long. */
export function runChild(name: string, args: readonly string[] = [], options: ChildOptions = {}): Promise<ChildResult> {
  const { nodeArgs = [], env = {}, inherit = [], limit = 150_000, through = [] } = options;
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...inherit];
  const script = join(CHILDREN, `${name}.js`);
  const [program = process.execPath, ...rest] = [...through, process.execPath, ...nodeArgs, script, ...args];
  const child = spawn(program, rest, { stdio, env: { ...cleanEnvironment(), ...env } });
  const said = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(`${name} ${args.join(' ')} was killed after ${limit} ms. It said: ${said.stdout}${said.stderr}`),
      );
    }, limit);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...said });
    });
  });
}

/** The child came to its end, and nothing was wrong. */
export function expectDone(outcome: ChildResult): void {
  expect(outcome).toEqual({ code: 0, signal: null, stdout: 'done\n', stderr: '' });
}
