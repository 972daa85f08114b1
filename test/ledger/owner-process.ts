import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cleanEnvironment } from '../support/clean-environment.js';
import type { Answer, Commands } from './holder.js';
import type { Wrong } from './watch.js';

/** The thread of the owner that has the mappings. */
export type Place = 'worker' | 'main';

/** A result of a command: its value, or the code of its error. */
export type Outcome<T> =
  { readonly value: T; readonly code: undefined } | { readonly value: undefined; readonly code: string };

/** The process of owner.ts. */
export class OwnerProcess {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private count = 0;
  private said = '';
  /** What the owner has seen that must not be. */
  readonly wrong: string[] = [];

  constructor(readonly place: Place) {
    this.child = fork(join(__dirname, 'owner.js'), [place], {
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    this.child.on('message', (message: Answer | Wrong) => {
      if ('wrong' in message) this.wrong.push(message.wrong);
      else {
        this.waiting.get(message.number)?.(message);
        this.waiting.delete(message.number);
      }
    });
    this.child.on('exit', (code, signal) => {
      for (const [number, resolve] of this.waiting)
        resolve({ number, code: `the owner ended with ${signal ?? code}: ${this.said}` });
    });
  }

  private send(message: object): Promise<Answer> {
    const number = this.count++;
    const answered = new Promise<Answer>((resolve) => this.waiting.set(number, resolve));
    this.child.send({ ...message, number });
    return answered;
  }

  /** `path`: the command registers in this file, whose seal has a lock. */
  async ask<Name extends keyof Commands>(
    name: Name,
    args: Parameters<Commands[Name]>,
    path?: string,
  ): Promise<Outcome<Awaited<ReturnType<Commands[Name]>>>> {
    const { value, code } = await this.send({ name, args, ...(path !== undefined && { path }) });
    return (code === undefined ? { value, code } : { value: undefined, code }) as never;
  }

  /** The same for a command that must not fail. */
  async must<Name extends keyof Commands>(
    name: Name,
    ...args: Parameters<Commands[Name]>
  ): Promise<Awaited<ReturnType<Commands[Name]>>> {
    const { value, code } = await this.ask(name, args);
    if (code !== undefined) throw new Error(`${name}(${JSON.stringify(args)}) failed: ${code}`);
    return value as never;
  }

  /** worker.terminate() of the thread with the mappings. */
  async terminate(): Promise<void> {
    await this.send({ end: 'terminate' });
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** process.exit() in the main thread. */
  async exit(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, 'exit');
    this.child.send({ end: 'exit', number: this.count++ });
    await ended;
  }

  /** Not awaited: the signal only. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  async killed(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, 'exit');
    this.kill();
    await ended;
  }
}
