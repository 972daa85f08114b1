// From the wake-up in one process to the promise in another. The notifier is a child. Arguments: FILE waitAsync|socket
// COUNT OTHERS FIGURE FIGURE: the names of the median and of the 99th percentile. OTHERS more calls of waitAsync() wait
// meanwhile, each for a word of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { map } from '../../lib/index.js';
import { median, quantile } from '../statistics.js';
import { argument, numericArgument, printFigures } from '../trial.js';

/** Byte offsets in the file. */
const WORD = 0;
const READY = 4;
const TIME = 8;
const OTHERS = 4096;

/** The descriptor of the notifier's end of the socket. */
const SOCKET = 3;

/** Until the waiting call is in the kernel, and its loop sleeps. */
const SETTLE_MS = 2;

const mapping = map(argument(0));
const words = new Int32Array(mapping.arrayBuffer(0, OTHERS));
const time = new BigInt64Array(mapping.arrayBuffer(TIME, 8));
const how = argument(1);
const count = numericArgument(2);

async function notifyAll(): Promise<void> {
  const wake = how === 'socket' ? () => fs.writeSync(SOCKET, '!') : () => mapping.notify(WORD);
  for (let round = 0; round < count; round++) {
    while (Atomics.load(words, READY / 4) <= round) await sleep(1);
    await sleep(SETTLE_MS);
    time[0] = process.hrtime.bigint(); // CLOCK_MONOTONIC: the same in both processes
    Atomics.store(words, WORD / 4, round + 1);
    wake();
  }
}

function startNotifier(): ChildProcess {
  const args = [__filename, argument(0), how, String(count), 'notifier'];
  return spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
}

/** One round: the wait for the next wake-up. */
function waiter(notifier: ChildProcess): (round: number) => Promise<unknown> {
  const socket = notifier.stdio[SOCKET] as Readable;
  return how === 'socket' ? () => once(socket, 'data') : (round) => mapping.waitAsync(WORD, round);
}

async function latencies(wait: (round: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < count; round++) {
    const woken = wait(round);
    Atomics.store(words, READY / 4, round + 1);
    await woken;
    times.push(Number(process.hrtime.bigint() - (time[0] ?? 0n)));
    if (Atomics.load(words, WORD / 4) !== round + 1) throw new Error('woken without a notify()');
  }
  return times.slice(count / 10); // the first ones compile the code
}

async function main(): Promise<void> {
  if (argument(3) === 'notifier') return notifyAll();
  words.fill(0);
  const abort = new AbortController();
  const { signal } = abort;
  const others = Array.from({ length: Number(argument(3)) }, (_, index) =>
    mapping.waitAsync(OTHERS + 4 * index, 0, { signal }).catch((error: unknown) => error === signal.reason),
  );
  const notifier = startNotifier();
  const times = await latencies(waiter(notifier));
  abort.abort();
  if (!(await Promise.all(others)).every((result) => result === true)) throw new Error('another call was woken');
  await once(notifier, 'close');
  printFigures({ [argument(4)]: median(times), [argument(5)]: quantile(times, 0.99) });
}

void main();
