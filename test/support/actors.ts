import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { answer, type Answer, type Deed, type Outcome } from './actor-message.js';
import type { Deeds } from './deeds.js';

export type ActorName = 'same thread' | 'worker thread' | 'other process';
export const actorNames: readonly ActorName[] = ['same thread', 'worker thread', 'other process'];

/** Who does things to a file: this thread, another one, or another process. All of them go through the package. */
export interface Actor {
  readonly name: ActorName;
  /** Never rejects for what the deed throws: that is part of the outcome. */
  run<Name extends keyof Deeds>(deed: Name, ...args: Parameters<Deeds[Name]>): Promise<Outcome>;
  /** As suddenly as it can be had: SIGKILL, terminate(). Resolves when it is gone. */
  kill(): Promise<void>;
}

const BODY = join(__dirname, 'actor-body.js');

/** Somebody who is asked by messages. */
class Remote implements Actor {
  private readonly waiting = new Map<number, { resolve(outcome: Outcome): void; reject(reason: Error): void }>();
  private count = 0;

  constructor(
    readonly name: ActorName,
    private readonly send: (deed: Deed) => void,
    private readonly gone: Promise<unknown>,
    private readonly end: () => void,
  ) {
    void gone.then(() => {
      for (const { reject } of this.waiting.values()) reject(new Error(`the ${name} ended before it answered`));
    });
  }

  hear({ id, outcome }: Answer): void {
    this.waiting.get(id)?.resolve(outcome);
    this.waiting.delete(id);
  }

  run<Name extends keyof Deeds>(name: Name, ...args: Parameters<Deeds[Name]>): Promise<Outcome> {
    const id = this.count++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send({ id, name, args });
    });
  }

  async kill(): Promise<void> {
    this.end();
    await this.gone;
  }
}

function workerActor(): Actor {
  const worker = new Worker(BODY);
  const actor = new Remote(
    'worker thread',
    (deed) => worker.postMessage(deed),
    once(worker, 'exit'),
    () => void worker.terminate(),
  );
  worker.on('message', (message: Answer) => actor.hear(message));
  return actor;
}

/** What the surrounding run has set must not decide what the child does. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MAPDIRECT_')));
}

function processActor(): Actor {
  const child = fork(BODY, { env: cleanEnvironment(), execArgv: [] });
  const actor = new Remote(
    'other process',
    (deed) => child.send(deed),
    once(child, 'exit'),
    () => child.kill('SIGKILL'),
  );
  child.on('message', (message) => actor.hear(message as Answer));
  return actor;
}

const thisThread: Actor = {
  name: 'same thread',
  run: (name, ...args) => answer({ id: 0, name, args }).then(({ outcome }) => outcome),
  kill: async () => undefined,
};

/** A new one. kill() it in the end. */
export function actorOf(name: ActorName): Actor {
  if (name === 'worker thread') return workerActor();
  return name === 'other process' ? processActor() : thisThread;
}
