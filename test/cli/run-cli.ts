import { spawn, type ChildProcess } from 'node:child_process';
import { main } from '../../lib/cli/main.js';
import { CLI } from '../support/paths.js';

const PATIENCE_MS = 60_000;

/** The end of a command line, and its output. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The end of a program, and its output. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A terminal, or none, and the environment. */
export interface Surroundings {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command line within this process. */
export async function cli(
  args: readonly string[],
  { isTTY = false, columns, env = {} }: Surroundings = {},
): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({ write: (text: string) => (said[name] += text), isTTY, columns });
  const code = await main(args, { stdout: output('stdout'), stderr: output('stderr'), env });
  return { code, ...said };
}

/** A command line that runs as a program of its own until it ends, or is ended. */
export class RunningCli {
  private readonly child: ChildProcess;
  private stdout = '';
  private stderr = '';
  private readonly ended: Promise<Ended>;

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** Resolves once its standard output matches `pattern`; rejects if it ends, or is silent for too long, without. */
  async says(pattern: RegExp): Promise<void> {
    let over = false;
    void this.ended.then(() => (over = true));
    const limit = performance.now() + PATIENCE_MS;
    while (!pattern.test(this.stdout)) {
      if (over || performance.now() > limit)
        throw new Error(`it did not say ${String(pattern)}, but: ${this.stdout}${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  end(): Promise<Ended> {
    return this.ended;
  }
}
