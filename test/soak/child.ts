import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cleanEnvironment } from '../support/clean-environment.js';
import { DIST } from '../support/paths.js';
import type { Ledger } from './ledger.js';
import type { Sample } from './samples.js';
import type { WriterTask } from './writer.js';

/**
 * V8 lets its young generation grow from 1 MiB to 32 MiB at moments of its own choice, an area of the address space for
 * each 256 KiB. The limit keeps that out of the samples.
 */
const FLAGS = ['--expose-gc', '--max-semi-space-size=1'];

/** How a writer can fail and go on: counts by code and reason. */
export type Failures = Map<string, number>;

/** A running writer. What it says goes into the ledger of its file and into the lists of its supervisor. */
export class Child {
  private readonly process: ChildProcess;
  private readonly closed: Promise<void>;
  private complaint = '';
  private end: string | undefined;
  private lastPause: number | undefined;

  constructor(
    task: WriterTask,
    backend: string,
    private readonly ledger: Ledger,
    private readonly failures: Failures,
    private readonly samples: Sample[],
  ) {
    const script = join(DIST, 'test', 'soak', 'writer.js');
    this.process = spawn(process.execPath, [...FLAGS, script, JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...cleanEnvironment(), MAPDIRECT_BACKEND: backend },
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.complaint += text));
    createInterface({ input: this.process.stdout! }).on('line', (line) => this.hear(line));
    this.closed = new Promise((resolve) => {
      this.process.once('close', (code, signal) => {
        this.end = `code ${code}, signal ${signal}`;
        resolve();
      });
    });
  }

  /** What is wrong with it; undefined: nothing. */
  get problem(): string | undefined {
    return this.end === undefined && this.complaint === '' ? undefined : `${this.end ?? 'it runs'}: ${this.complaint}`;
  }

  /** Whether it has closed everything, after the control file had this pause. */
  hasPaused(pause: number): boolean {
    return this.lastPause === pause;
  }

  /** @throws an error unless it was alive and had not complained. */
  async kill(): Promise<void> {
    const problem = this.problem;
    if (problem !== undefined) throw new Error(`a writer failed: ${problem}`);
    this.process.kill('SIGKILL');
    await this.closed;
  }

  /** For a soak that has failed. */
  async abandon(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.closed;
  }

  /** Waits for its end, after the control file said 'stop'. @throws an error unless the end is good. */
  async finish(): Promise<void> {
    await this.closed;
    if (this.problem !== 'code 0, signal null: ') throw new Error(`a writer failed: ${this.problem}`);
  }

  private hear(line: string): void {
    const [word, ...rest] = line.split(' ');
    if (word === 'durable') this.ledger.acknowledge(...(rest.map(Number) as [number, number, number]));
    else if (word === 'failed')
      this.failures.set(rest.join(' ').trim(), 1 + (this.failures.get(rest.join(' ').trim()) ?? 0));
    else if (word === 'sample') this.samples.push(JSON.parse(rest.join(' ')) as Sample);
    else if (word === 'paused') this.lastPause = Number(rest[0]);
  }
}
