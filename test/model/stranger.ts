import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cleanEnvironment } from '../support/clean-environment.js';
import type { StrangerCalls } from './stranger-process.js';

export type StrangerCall = keyof StrangerCalls;

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** Another program with the same file, which knows nothing of seals. It answers each request before the next one. */
export class Stranger {
  private readonly child = fork(join(__dirname, 'stranger-process.js'), { env: cleanEnvironment() });

  /** @returns the result of the call. @throws its error. */
  async ask<Call extends StrangerCall>(
    call: Call,
    ...args: Parameters<StrangerCalls[Call]>
  ): Promise<ReturnType<StrangerCalls[Call]>> {
    const { child } = this;
    const end = new AbortController();
    const { signal } = end;
    const answered = once(child, 'message', { signal }).then(([answer]) => answer as Answer);
    const ended = once(child, 'exit', { signal }).then(([code]) => ({ error: `the other program ended: ${code}` }));
    child.send({ call, args });
    const answer: Answer = await Promise.race([answered, ended]);
    end.abort();
    await Promise.allSettled([answered, ended]);
    assert.equal(answer.error, undefined, `the other program: ${answer.error}`);
    return answer.value as ReturnType<StrangerCalls[Call]>;
  }

  async end(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
}
