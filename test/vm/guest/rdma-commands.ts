import { existsSync } from 'node:fs';
import { inspect } from 'node:util';

interface Message {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** Answers the messages of an Owner (rdma-peers.ts) in its child process, until it disconnects. */
export function serve(commands: Readonly<Record<string, unknown>>): void {
  process.on('message', ({ id, name, args }: Message) => {
    const run = commands[name] as (...given: readonly unknown[]) => unknown;
    Promise.resolve()
      .then(() => run(...args))
      .then(
        (value) => process.send?.({ id, value }),
        (error: unknown) => process.send?.({ id, error: inspect(error) }),
      );
  });
  process.on('disconnect', () => process.exit());
}

/** Blocks the event loop until the file is gone. */
export function block(file: string): void {
  while (existsSync(file));
}
