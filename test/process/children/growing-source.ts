// write() of a view while another thread makes its memory longer: the memory behind the mapping must not change.
import assert from 'node:assert/strict';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { map, type Mapping } from '../../../lib/index.js';

const LENGTH = 4096;
const MOST = 64 * LENGTH;

type Growable = SharedArrayBuffer & { grow(length: number): void };
const GrowableBuffer = SharedArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => Growable;

interface Task {
  readonly turn: SharedArrayBuffer; // words: 0 the round that may grow, 1 the round that has grown
  readonly sources: readonly Growable[];
}

/** Makes each source longer, at another moment of its round each time. */
function grow({ turn, sources }: Task): void {
  const words = new Int32Array(turn);
  for (const [round, source] of sources.entries()) {
    while (Atomics.load(words, 0) !== round + 1);
    for (let i = 0; i < (round * 37) % 400; i++) Atomics.load(words, 0);
    source.grow(MOST);
    Atomics.store(words, 1, round + 1);
  }
}

/** Two mappings, the second right behind the first. */
function neighbours(path: string, behind: string): [Mapping, Mapping] {
  const kept: Mapping[] = [];
  for (let i = 0; i < 5000; i++) {
    const second = map(behind, { length: LENGTH });
    const first = map(path, { length: LENGTH });
    if (first.address + BigInt(LENGTH) === second.address) return [first, second];
    kept.push(first, second);
  }
  throw new Error('the kernel placed no two mappings side by side');
}

function main(path: string, behind: string, rounds: number): void {
  const sources = Array.from({ length: rounds }, () => new GrowableBuffer(LENGTH, { maxByteLength: MOST }));
  const task: Task = { turn: new SharedArrayBuffer(8), sources };
  const words = new Int32Array(task.turn);
  const worker = new Worker(__filename, { workerData: task });
  worker.once('online', () => {
    const [first, second] = neighbours(path, behind);
    const before = Buffer.from(second.buffer);
    for (const [round, source] of sources.entries()) {
      const bytes = new Uint8Array(source).fill(0xaa);
      Atomics.store(words, 0, round + 1);
      while (Atomics.load(words, 1) !== round + 1) {
        try {
          first.write(bytes, 0, { drain: false });
        } catch (error) {
          assert.equal((error as NodeJS.ErrnoException).code, 'ERR_OUT_OF_RANGE'); // it was longer when it was checked
          while (Atomics.load(words, 1) !== round + 1);
        }
      }
      assert.ok(second.buffer.equals(before), `round ${round} stored behind the mapping`);
    }
    process.stdout.write('done\n');
  });
}

const [path = '', behind = '', rounds = '0'] = process.argv.slice(2);
if (isMainThread) main(path, behind, Number(rounds));
else grow(workerData as Task);
