import { expect } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { files, map, seals } from '../../lib/index.js';
import { Random } from './random.js';
import { Scratch } from './scratch.js';
import { Witness, type Count } from './witness.js';
import { CHILDREN } from './paths.js';
import { cleanEnvironment } from './clean-environment.js';

const PAGE = 4096;
const SEALERS = 4;
/** How long one run takes. */
export const SECONDS = Number(process.env['MAPDIRECT_STRESS_SECONDS'] ?? 5);
// Of every so many kills one takes all of them, and then nothing may be left.
const ALL = 5;

const scratch = new Scratch();

/** As children/seal-stress.ts has them. */
export type Manner = 'guarded' | 'plain' | 'timid' | 'kernel';

// Without this variable there is no MAP_DIRECT.
const KEPT = 'MAPDIRECT_DIRECT_FLAG';

/** The number of locks of open file descriptions on that inode, of all processes. */
function locksOn(inode: number): number {
  return fs
    .readFileSync('/proc/locks', 'latin1')
    .split('\n')
    .filter((line) => line.includes(`:${inode} `)).length;
}

/** Processes that seal and change one file, and are killed at random moments. */
export class Stress {
  readonly path = scratch.file(8 * PAGE);
  private readonly witnessed = scratch.path('witness');
  private readonly witness: Witness;
  private readonly random: Random;
  private readonly children: ChildProcess[] = [];
  private readonly said: string[] = [];
  private kills = 0;
  private settled = 0;

  constructor(
    readonly seed: number,
    private readonly manners: readonly Manner[],
  ) {
    Witness.prepare(this.witnessed);
    this.witness = new Witness(this.witnessed, SEALERS);
    this.random = new Random(seed);
  }

  /** Resolves when it is at work, or has failed. */
  private async start(sealer: number): Promise<void> {
    const script = join(CHILDREN, 'seal-stress.js');
    const args = [
      script,
      this.path,
      this.witnessed,
      String(sealer),
      String(SEALERS),
      String(this.random.below(2 ** 31)),
      this.manners[sealer] ?? 'guarded',
    ];
    const child = spawn(process.execPath, args, { env: cleanEnvironment(KEPT), stdio: ['ignore', 'pipe', 'pipe'] });
    this.children[sealer] = child;
    const lines = createInterface(child.stdout);
    lines.on('line', (line) => {
      if (line !== 'started') this.said.push(line);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.said.push(text));
    child.on('exit', (code, signal) => {
      if (signal !== 'SIGKILL') this.said.push(`sealer ${sealer} ended by itself: ${code ?? signal}`);
    });
    await Promise.race([once(lines, 'line'), once(child, 'exit')]);
  }

  private async kill(sealer: number): Promise<void> {
    const child = this.children[sealer];
    if (child === undefined) return;
    this.witness.doom(sealer);
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
    this.witness.bury(sealer);
    this.kills++;
  }

  /** After the end of all processes no seal and no lock is left, and the file can be changed and sealed. */
  private settle(): void {
    const inode = fs.statSync(this.path).ino;
    expect([seals.isSealed(this.path), locksOn(inode)]).toEqual([false, 0]);
    files.truncate(this.path, 8 * PAGE);
    using mapping = map(this.path);
    mapping.seal({ policy: 'exclusive' });
    this.settled++;
  }

  private async killAll(): Promise<void> {
    await Promise.all(this.children.map((_, sealer) => this.kill(sealer)));
  }

  private async startAll(): Promise<void> {
    await Promise.all(Array.from({ length: SEALERS }, (_, sealer) => this.start(sealer)));
  }

  /** For so many seconds, or until it is enough. */
  async run(seconds: number, enough: () => boolean): Promise<void> {
    try {
      await this.startAll();
      for (const end = Date.now() + seconds * 1000; Date.now() < end && !enough();) {
        await delay(50 + this.random.below(300));
        if (this.random.below(ALL) === 0) {
          await this.killAll();
          if (!this.manners.includes('plain')) this.settle();
          await this.startAll();
        } else {
          const sealer = this.random.below(SEALERS);
          await this.kill(sealer);
          await this.start(sealer);
        }
      }
    } finally {
      await this.killAll();
      this.witness[Symbol.dispose]();
    }
  }

  /** The complaints of the processes and of the judge in them. */
  get complaints(): readonly string[] {
    return this.said;
  }

  get totals(): Readonly<Record<Count, number>> & { kills: number; settled: number } {
    using witness = new Witness(this.witnessed, SEALERS);
    return { ...witness.totals, kills: this.kills, settled: this.settled };
  }

  /** Every kind of event has happened, except those of end() itself. */
  get hasSeenAll(): boolean {
    return Object.entries(this.totals).every(([kind, count]) => kind === 'settled' || count > 0);
  }

  end(): void {
    this.settle();
  }

  /** There is no complaint, and every counted kind of event has happened. */
  expectClean(): void {
    const { totals, seed, complaints } = this;
    process.stderr.write(`seal stress, seed ${seed}, ${SECONDS} s: ${JSON.stringify(totals)}\n`);
    expect({ seed, complaints }).toEqual({ seed, complaints: [] });
    for (const [kind, count] of Object.entries(totals)) expect([kind, count > 0]).toEqual([kind, true]);
  }
}
