// Messages to another process or to a worker. Arguments: PATH CHANNEL process|worker LENGTH SINGLE STREAM PREFIX
// SINGLE messages one at a time, each confirmed before the next; then STREAM messages, 16 at a time in flight.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Sender, WINDOW, type Work } from '../hand-over/channel.js';
import { ipcSender, portSender } from '../hand-over/posted.js';
import { redisSender } from '../hand-over/redis.js';
import { sharedMemorySender } from '../hand-over/shared-memory.js';
import { unixSocketSender } from '../hand-over/unix-socket.js';
import { median, quantile } from '../statistics.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const RECEIVER = path.join(__dirname, 'hand-over-receiver.js');

const channel = argument(1);
const length = numericArgument(3);
const single = numericArgument(4);
const stream = numericArgument(5);
const work: Work = { path: argument(0), length, total: single + stream };

const args = [work.path, channel, String(length), String(work.total)];

function startProcess(): ChildProcess {
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  return spawn(process.execPath, [RECEIVER, ...args], { stdio: [...stdio], serialization: 'advanced' });
}

const senders: Readonly<Record<string, () => Sender | Promise<Sender>>> = {
  'shared memory': () => sharedMemorySender(work),
  'Unix socket': () => unixSocketSender(work),
  Redis: () => redisSender(work),
};

/** The sender, and the end of the receiver. */
async function start(): Promise<{ sender: Sender; ended: Promise<unknown> }> {
  const sender = await senders[channel]?.();
  const receiver = argument(2) === 'worker' ? new Worker(RECEIVER, { workerData: args }) : startProcess();
  const ended = once(receiver, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`the receiver ended with ${String(code)}`);
  });
  ended.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
  if (sender !== undefined) return { sender, ended };
  return { sender: receiver instanceof Worker ? portSender(receiver) : ipcSender(receiver), ended };
}

async function main(): Promise<void> {
  const { sender, ended } = await start();
  const message = Buffer.alloc(length, 7);
  const send = (index: number): void => {
    message.writeUInt32LE(index, 0);
    message.writeUInt32LE(index, length - 4);
    sender.send(message);
  };
  const times: number[] = [];
  for (let index = 0; index < single; index++) {
    const before = process.hrtime.bigint();
    send(index);
    await sender.confirmed(index + 1);
    times.push(Number(process.hrtime.bigint() - before));
  }
  const begin = process.hrtime.bigint();
  for (let index = single; index < work.total; index++) {
    await sender.confirmed(index - WINDOW + 1);
    send(index);
  }
  await sender.confirmed(work.total);
  const streamed = Number(process.hrtime.bigint() - begin) / stream;
  sender.close();
  await ended;
  const counted = times.slice(single / 10); // the first ones compile the code
  const prefix = argument(6);
  printFigures({
    [`${prefix}P50`]: median(counted),
    [`${prefix}P99`]: quantile(counted, 0.99),
    [`${prefix}Stream`]: streamed,
  });
}

void main();
