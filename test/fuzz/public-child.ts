// A child process that makes many public calls with hostile arguments, in the current directory.
// Arguments: seed, number of calls. Descriptor 3: the log of the last calls. Standard error: what was wrong.
import { closeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Mapping } from '../../lib/index.js';
import { Random } from '../support/random.js';
import { nextCall, describeCall, type Call } from './call.js';
import { CallLog } from './call-log.js';
import { falseMapping, Thrown } from './hostile-objects.js';
import { Tally } from './tally.js';
import { World } from './world.js';

const PER_TURN = 200;
const PER_WORLD = 40;
const PER_REPAIR = 50;
const UNEXPLAINED = 3;

function hasCode(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^E[A-Z0-9_]+$/.test(code);
}

// The name of an event is any value, as EventEmitter has it, and making a text of it may throw.
const listening = /^mapping\.(on|once|off|addListener|removeListener)$/;

/** An error tells its reader something: it has a code, or the caller's own code has thrown it. */
function isExplained(error: unknown, { self, target, args }: Call): boolean {
  if (self !== undefined || args.includes(falseMapping) || listening.test(target.name)) return true;
  return error instanceof Thrown || hasCode(error) || /proxy|incompatible receiver/i.test((error as Error).message);
}

class Program {
  private readonly world: World;
  private readonly random: Random;
  private readonly log = new CallLog(3);
  private readonly tally = new Tally();
  private readonly reported = new Set<string>();
  private made = 0;

  constructor(
    seed: number,
    private readonly count: number,
  ) {
    this.world = new World(seed);
    this.random = new Random(seed);
  }

  async run(): Promise<void> {
    while (this.made < this.count) {
      for (let i = 0; i < PER_TURN && this.made < this.count; i++) this.one();
      await nextTurn();
      if (this.made % (PER_TURN * PER_WORLD) === 0) this.world.renew();
    }
    this.world.end();
    this.tally.write();
  }

  private one(): void {
    this.log.note(this.made++, this.random.position);
    this.call(nextCall(this.random));
    if (this.made % PER_REPAIR === 0) this.world.replaceClosed();
  }

  private call(call: Call): void {
    this.tally.note(call.target.name);
    const args = call.args.map(({ make }) => make(this.world));
    const self: unknown = call.self === undefined ? call.target.owner(this.world) : Object(call.self.make(this.world));
    try {
      this.keep(call, call.target.invoke(self, args));
    } catch (error) {
      this.check(call, error);
    }
  }

  /** Reports an error without a code once for each member. */
  private check(call: Call, error: unknown): void {
    const { name } = call.target;
    if (isExplained(error, call) || this.reported.has(name)) return;
    this.reported.add(name);
    process.exitCode = UNEXPLAINED;
    process.stderr.write(`${describeCall(call)} threw an error without a code: ${(error as Error).stack}\n`);
  }

  /** Ends what the call has made. */
  private keep(call: Call, result: unknown): void {
    if (typeof result === 'number' && call.target.name.endsWith('files.open')) closeSync(result);
    if (typeof result !== 'object' || result === null) return;
    if (result instanceof Promise) {
      result.then(
        (value) => this.keep(call, value),
        (error) => this.check(call, error),
      );
    } else if (result instanceof Mapping) {
      if (!this.world.mappings.includes(result)) this.close(result);
    } else if (Symbol.dispose in result) {
      this.world.hold(result as Disposable);
    } else if ('destroy' in result && 'on' in result) {
      const stream = result as { on(event: string, listener: () => void): void; destroy(): void };
      stream.on('error', () => undefined);
      stream.destroy();
    }
  }

  private close(mapping: Mapping): void {
    try {
      mapping.close();
    } catch (error) {
      if (!hasCode(error)) throw error;
    }
  }
}

/** A hostile listener of an event throws, or is no function that can be called. That is the error of its owner. */
function isOfListener(error: unknown): boolean {
  return error instanceof Thrown || /proxy|without 'new'/.test((error as Error).message);
}

process.on('uncaughtException', (error) => {
  if (isOfListener(error)) return;
  process.stderr.write(`uncaught: ${error.stack}\n`);
  process.exit(UNEXPLAINED);
});
Error.stackTraceLimit = 4;
process.on('warning', () => undefined);
const [, , seed = '1', count = '1000'] = process.argv;
void new Program(Number(seed), Number(count)).run();
