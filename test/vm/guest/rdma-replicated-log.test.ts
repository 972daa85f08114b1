// examples/replicated-log with two processes, of which one or the other is killed.
import { afterAll, expect } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DIST, ROOT } from '../../support/paths.js';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';
import { flushRoce } from './rdma-guest.js';

const EXAMPLE = join(ROOT, 'examples', 'replicated-log');
const PORT = '7123';
const SIZE = 2 ** 20;
const KILLS = Number(process.env['MAPDIRECT_TEST_KILLS'] ?? 4);
const ACKNOWLEDGED_BETWEEN = 5;

/** A program of the example. */
class Program {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private errors = '';

  constructor(script: string, file: string) {
    this.child = spawn(process.execPath, [join(EXAMPLE, script), file, PORT], { stdio: ['pipe', 'pipe', 'pipe'] });
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

const text = (number: number): string => `record ${number} `.repeat(1 + (number % 40));

/** The records of a log, as its own code finds them. */
function recordsOf(file: string): string[] {
  const code = `import { map } from ${JSON.stringify(join(DIST, 'lib', 'index.mjs'))};
    import { Log } from ${JSON.stringify(join(EXAMPLE, 'log.mjs'))};
    const log = new Log(map(${JSON.stringify(file)}));
    console.log(JSON.stringify([...log.records()].map(String)));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}

const running = new Set<Program>();
afterAll(() => Promise.all([...running].map((program) => program.kill())));

function start(script: string, file: string): Program {
  const program = new Program(script, file);
  running.add(program);
  return program;
}

flushRoce.test(
  `a replicated log loses no acknowledged record in ${KILLS} kills of either side`,
  async () => {
    const primaryFile = join(prepare(placeOf('ext4-dax')), 'primary.log');
    writeFileSync(primaryFile, '');
    truncateSync(primaryFile, SIZE);
    const replicaFile = prepare(placeOf('device-dax-4K'));
    let acknowledged = 0; // records
    let replica = start('replica.mjs', replicaFile);
    await replica.expectLine(/^listening/);
    let primary = start('primary.mjs', primaryFile);
    let next = Number((await primary.expectLine(/^ready, with \d+/)).replace(/\D/g, ''));

    const append = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        primary.send(text(next));
        expect(await primary.expectLine(/^\d+$/)).toBe(String(next));
        acknowledged = ++next;
      }
    };

    for (let round = 0; round < KILLS; round++) {
      await append(ACKNOWLEDGED_BETWEEN);
      primary.send(text(next)); // may be under way when one side dies
      if (round % 2 === 0) {
        await replica.kill();
        replica = start('replica.mjs', replicaFile);
        expect(await primary.expectLine(/^\d+$/)).toBe(String(next));
        acknowledged = ++next;
      } else {
        await primary.kill();
        primary = start('primary.mjs', primaryFile);
        next = Number((await primary.expectLine(/^ready, with \d+/)).replace(/\D/g, ''));
        expect(next).toBeGreaterThanOrEqual(acknowledged);
      }
    }
    await append(1);
    await Promise.all([primary.kill(), replica.kill()]);
    const wanted = Array.from({ length: acknowledged }, (_, number) => text(number));
    expect(recordsOf(primaryFile).slice(0, acknowledged)).toEqual(wanted);
    expect(recordsOf(replicaFile).slice(0, acknowledged)).toEqual(wanted);
  },
  300_000,
);
