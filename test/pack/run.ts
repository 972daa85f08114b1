import { spawn } from 'node:child_process';

/** How a program ended. */
export interface Finished {
  readonly command: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs a program to its end. It gets no input. */
export function run(command: string, args: readonly string[], { cwd, env }: RunOptions): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ command: [command, ...args].join(' '), code, signal, stdout, stderr }),
    );
  });
}

/** What a person would have seen, for the message of a failed check. */
export function transcript({ command, code, signal, stdout, stderr }: Finished): string {
  return `$ ${command}\n${stdout}${stderr}(ended with ${signal ?? `exit code ${code}`})`;
}

/** Runs a program that must succeed. @throws Error with all that it printed. */
export async function runWell(command: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  const finished = await run(command, args, options);
  if (finished.code !== 0) throw new Error(transcript(finished));
  return finished;
}
