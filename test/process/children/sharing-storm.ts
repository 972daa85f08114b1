// Many workers share, attach, store, persist and close at the same time, on a few files. A handle goes to workers that
// attach it while its owner closes. Some workers are terminated. Arguments: DIR TOTAL AT_ONCE TURNS SEED
// [report].
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { attach, map, type Mapping } from '../../../lib/index.js';
import { Random } from '../../support/random.js';
import { eventually, nothingLeftOf, ranges } from './inspect.js';

const FILES = 4;
const SIZE = 65536;
// The first words of each file: its own number, and a counter that every store increments.
const NUMBER = 0;
const COUNTER = 1;

// In `counted`: how often attach() succeeded, and how often the owner had closed.
const ATTACHED = FILES;
const CLOSED = FILES + 1;

type Handle = ReturnType<Mapping['share']>;

interface Task {
  readonly dir: string;
  readonly turns: number;
  readonly seed: number;
  /** Counters that all workers keep outside of the files: one for each file, and {@link ATTACHED}, {@link CLOSED}. */
  readonly counted: Int32Array;
}

interface Shared {
  readonly file: number;
  readonly handle: Handle;
}

const fileAt = (dir: string, file: number): string => join(dir, `shared-${file}`);

/** Lets the given errors pass. */
function expectedFrom(error: unknown, ...codes: readonly string[]): void {
  if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
}

class Actor {
  private readonly random: Random;
  private readonly own: { readonly file: number; readonly mapping: Mapping }[] = [];
  private handles: Shared[] = [];

  constructor(private readonly task: Task) {
    this.random = new Random(task.seed);
    parentPort?.on('message', (shared: Shared) => (this.handles = [shared, ...this.handles.slice(0, 7)]));
  }

  async live(): Promise<void> {
    for (let turn = 0; turn < this.task.turns; turn++) {
      for (const act of ['open', 'attach', 'attach', 'close'] as const) this[act]();
      if (turn % 2 === 0) await new Promise(setImmediate); // the handles of other workers arrive
    }
    parentPort?.close(); // the worker ends with what it has not closed
  }

  open(): void {
    const file = this.random.below(FILES);
    const mapping = map(fileAt(this.task.dir, file));
    this.own.push({ file, mapping });
    parentPort?.postMessage({ file, handle: mapping.share() } satisfies Shared);
    this.use(file, mapping);
  }

  attach(): void {
    const shared = this.handles[this.random.below(8)];
    if (shared === undefined) return;
    try {
      using mapping = attach(shared.handle);
      this.use(shared.file, mapping);
      Atomics.add(this.task.counted, ATTACHED, 1);
    } catch (error) {
      expectedFrom(error, 'ERR_MAPPING_CLOSED');
      Atomics.add(this.task.counted, CLOSED, 1);
    }
  }

  close(): void {
    const { mapping } = this.random.below(3) === 0 ? {} : (this.own.shift() ?? {});
    if (mapping === undefined) return;
    const flush = mapping.persistAsync().catch((error: unknown) => expectedFrom(error, 'ERR_MAPPING_CLOSED'));
    const view = mapping.view(0, 16);
    mapping.close();
    assert.equal(view.length, 0);
    void flush;
  }

  private use(file: number, mapping: Mapping): void {
    const words = new Int32Array(mapping.arrayBuffer(0, SIZE));
    assert.equal(words[NUMBER], file, 'the bytes of another file');
    Atomics.add(words, COUNTER, 1);
    Atomics.add(this.task.counted, file, 1);
    mapping.view(this.random.below(SIZE - 64), 64);
    mapping.persist(0, 8);
  }
}

async function main(): Promise<void> {
  const [dir = '', total, atOnce, turns, seed, report] = process.argv.slice(2);
  const random = new Random(Number(seed));
  const counted = new Int32Array(new SharedArrayBuffer(4 * (FILES + 2)));
  for (let file = 0; file < FILES; file++) {
    const bytes = Buffer.alloc(SIZE);
    bytes.writeInt32LE(file);
    fs.writeFileSync(fileAt(dir, file), bytes);
  }
  const alive = new Set<Worker>();
  const failures: Error[] = [];
  let [started, terminated, handed] = [0, 0, 0];
  const lane = async (): Promise<void> => {
    while (started < Number(total) && failures.length === 0) {
      started++;
      const task: Task = { dir, turns: Number(turns), seed: random.below(2 ** 31), counted };
      const worker = new Worker(__filename, { workerData: task, resourceLimits: { maxOldGenerationSizeMb: 64 } });
      alive.add(worker);
      worker.on('error', (error) => failures.push(error));
      worker.on('message', (shared: Shared) => {
        const others = [...alive];
        for (let times = 2; times > 0; times--) random.of(others).postMessage(shared);
        // Every 8th worker on average, at its random moment.
        if (++handed % (8 * Number(turns)) === 0) void worker.terminate().then(() => terminated++);
      });
      await new Promise((resolve) => worker.once('exit', resolve));
      alive.delete(worker);
    }
  };
  await Promise.all(Array.from({ length: Number(atOnce) }, lane));
  assert.deepEqual(failures, []);
  // Otherwise the storm proves nothing.
  assert.ok(Math.min(terminated, counted[ATTACHED] ?? 0, counted[CLOSED] ?? 0) > 0, `${terminated}, ${counted.join()}`);
  for (let file = 0; file < FILES; file++) {
    const inFile = fs.readFileSync(fileAt(dir, file)).readInt32LE(4 * COUNTER);
    const missed = inFile - (counted[file] ?? 0);
    // A worker can be terminated between its two additions.
    assert.ok(inFile > 0 && missed >= 0 && missed <= terminated, `file ${file}: ${inFile}, counted ${counted[file]}`);
  }
  await nothingLeftOf(join(dir, 'shared-'));
  await eventually('no address range is held', () => ranges() === 0);
  if (report)
    process.stdout.write(
      `seed ${seed}: ${counted[ATTACHED]} attached, ${counted[CLOSED]} refused, ${terminated} terminated\n`,
    );
  process.stdout.write('done\n');
}

if (isMainThread) void main();
else void new Actor(workerData as Task).live();
