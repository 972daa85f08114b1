import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SealOptions } from '../../lib/index.js';
import type { Actions } from './actions.js';
import { answer, type Outcome, type Reply, type Request } from './actor-message.js';
import { cleanEnvironment } from './clean-environment.js';

export type ActorName = 'the same thread' | 'a worker thread' | 'another process';
export const actorNames: readonly ActorName[] = ['the same thread', 'a worker thread', 'another process'];

/** A thread or process that changes or seals a file. All of them do it through the package. */
export interface Actor {
  readonly name: ActorName;
  /**
   * Does one action. An error of the action is part of the outcome and no rejection. Rejects if the actor ends before
   * its reply.
   */
  run<Name extends keyof Actions>(action: Name, ...args: Parameters<Actions[Name]>): Promise<Outcome>;
  /** Ends the actor at once: SIGKILL or terminate(). Resolves after its end. */
  kill(): Promise<void>;
  /** Asks the actor to end. This needs no right to send signals. Resolves after its end. */
  end(): Promise<void>;
}

const BODY = join(__dirname, 'actor-body.js');

/** The parts in which a worker thread and a process differ. */
interface Channel {
  readonly send: (request: Request) => void;
  readonly ended: Promise<unknown>;
  readonly kill: () => void;
  readonly end: () => void;
}

/** An actor that gets its requests as messages. */
class RemoteActor implements Actor {
  private readonly pending = new Map<number, { resolve(outcome: Outcome): void; reject(reason: Error): void }>();
  private count = 0;

  constructor(
    readonly name: ActorName,
    private readonly channel: Channel,
  ) {
    void channel.ended.then(() => {
      for (const { reject } of this.pending.values()) reject(new Error(`${name} ended before its reply`));
    });
  }

  receive({ id, outcome }: Reply): void {
    this.pending.get(id)?.resolve(outcome);
    this.pending.delete(id);
  }

  run<Name extends keyof Actions>(action: Name, ...args: Parameters<Actions[Name]>): Promise<Outcome> {
    const id = this.count++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.channel.send({ id, action, args });
    });
  }

  async kill(): Promise<void> {
    this.channel.kill();
    await this.channel.ended;
  }

  async end(): Promise<void> {
    this.channel.end();
    await this.channel.ended;
  }
}

function workerActor(): Actor {
  const worker = new Worker(BODY);
  const terminate = (): void => void worker.terminate();
  const actor = new RemoteActor('a worker thread', {
    send: (request) => worker.postMessage(request),
    ended: once(worker, 'exit'),
    kill: terminate,
    end: terminate,
  });
  worker.on('message', (reply: Reply) => actor.receive(reply));
  return actor;
}

function processActor(): Actor {
  const child = fork(BODY, { env: cleanEnvironment(), execArgv: [] });
  const actor = new RemoteActor('another process', {
    send: (request) => child.send(request),
    ended: once(child, 'exit'),
    kill: () => child.kill('SIGKILL'),
    end: () => child.disconnect(),
  });
  child.on('message', (reply) => actor.receive(reply as Reply));
  return actor;
}

const sameThread: Actor = {
  name: 'the same thread',
  run: (action, ...args) => answer({ id: 0, action, args }).then(({ outcome }) => outcome),
  kill: async () => undefined,
  end: async () => undefined,
};

/** Starts an actor. The caller ends it with kill() or end(). */
export function actorOf(name: ActorName): Actor {
  if (name === 'a worker thread') return workerActor();
  return name === 'another process' ? processActor() : sameThread;
}

/** Runs `body` while an actor of that name has the file at `path` sealed. The seal has no mapping. */
export async function whileSealed(
  name: ActorName,
  path: string,
  body: () => void | Promise<void>,
  options: SealOptions = {},
): Promise<void> {
  const actor = actorOf(name);
  try {
    const { code, message } = await actor.run('sealPath', path, options);
    if (code !== undefined) throw new Error(`${name} could not seal ${path}: ${message}`);
    await body();
  } finally {
    await actor.run('release');
    await actor.end();
  }
}
