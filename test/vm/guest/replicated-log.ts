// examples/replicated-log, for the suites that kill its programs.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fsyncSync, ftruncateSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DIST, ROOT } from '../../support/paths.js';

const EXAMPLE = join(ROOT, 'examples', 'replicated-log');

/** A program of the example. */
export class Program {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  /** The end of its standard error. */
  errors = '';

  /** @param args - FILE PORT [HOST] */
  constructor(script: 'primary.mjs' | 'replica.mjs', ...args: readonly string[]) {
    this.child = spawn(process.execPath, [join(EXAMPLE, script), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.errors = (this.errors + text).slice(-2000)));
    this.child.stdin?.on('error', () => undefined); // EPIPE after a kill
    if (this.child.stdout === null) throw new Error('no standard output');
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** The next line; undefined: the program has ended. */
  async line(): Promise<string | undefined> {
    const next = await this.lines.next();
    return next.done === true ? undefined : next.value;
  }

  async expectLine(pattern: RegExp): Promise<string> {
    const line = await this.line();
    if (line === undefined || !pattern.test(line)) throw new Error(`not ${pattern}: ${line}; ${this.errors}`);
    return line;
  }

  send(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

/** The record with this number. */
export const textOf = (number: number): string => `record ${number} `.repeat(1 + (number % 40));

/** The records of a log, as its own code finds them. */
export function recordsOf(file: string): string[] {
  const code = `import { map } from ${JSON.stringify(join(DIST, 'lib', 'index.mjs'))};
    import { Log } from ${JSON.stringify(join(EXAMPLE, 'log.mjs'))};
    const log = new Log(map(${JSON.stringify(file)}));
    console.log(JSON.stringify([...log.records()].map(String)));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}

function sync(path: string, mode: string, length?: number): void {
  const fd = openSync(path, mode);
  if (length !== undefined) ftruncateSync(fd, length);
  fsyncSync(fd);
  closeSync(fd);
}

/** An empty file for a log. It outlives the power. */
export function createLog(file: string, length: number): void {
  sync(file, 'w', length);
  sync(dirname(file), 'r');
}

/** @param check - Is told of acknowledged records that the log has lost, and of records that were never sent. */
export function judgeLog(file: string, acknowledged: number, check: (title: string, isRight: boolean) => void): void {
  const found = recordsOf(file);
  const wrong = found.filter((record, number) => record !== textOf(number)).length;
  const lost = Math.max(0, acknowledged - found.length);
  check(
    `a log of ${acknowledged} acknowledged records: ${lost} lost, ${wrong} wrong`,
    acknowledged > 0 && lost + wrong === 0,
  );
}
