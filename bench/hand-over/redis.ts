import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Confirmations, type Receive, type Sender, type Work } from './channel.js';
import { readFrames } from './stream.js';

const MESSAGES = 'm';
const CONFIRMATIONS = 'c';
const SERVER = 'redis-server';

/** The reason why there is no Redis here, with the remedy; undefined: there is. */
export function missingRedis(): string | undefined {
  const { status } = spawnSync(SERVER, ['--version']);
  return status === 0 ? undefined : `no ${SERVER}: apt-get install redis-server`;
}

/** A command in the protocol of Redis (RESP). */
function command(...words: readonly (string | Buffer)[]): Buffer {
  const parts = words.flatMap((word) => [`$${word.length}\r\n`, word, '\r\n']);
  return Buffer.concat([`*${words.length}\r\n`, ...parts].map((part) => Buffer.from(part)));
}

/** Connects to a server that may still be starting. */
async function connect(path: string): Promise<net.Socket> {
  for (let tries = 1; ; tries++) {
    const socket = net.connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (tries === 1000) throw error;
      await sleep(5);
    }
  }
}

/** Calls `onMessage` for each message of a channel. All have the same length, so that all pushes have it, too. */
async function subscribe(path: string, channel: string, length: number, onMessage: (message: Buffer) => void) {
  const socket = await connect(path);
  socket.write(command('subscribe', channel));
  const reply = (await once(socket, 'data')) as [Buffer];
  const text = `*3\r\n$9\r\nsubscribe\r\n$1\r\n${channel}\r\n:1\r\n`;
  if (reply[0].toString() !== text) throw new Error(`Redis replied ${reply[0].toString()}`);
  const push = command('message', channel, Buffer.alloc(length));
  const start = push.length - length - 2;
  readFrames(socket, push.length, (frame) => onMessage(frame.subarray(start, start + length)));
  return socket;
}

/** The sending end also runs the server, without a copy of the data on a disk. */
export async function redisSender({ path }: Work): Promise<Sender> {
  fs.rmSync(path, { force: true });
  const options = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no'];
  const server: ChildProcess = spawn(SERVER, options, { stdio: 'ignore' });
  // The server ends with the trial, also if the trial fails or takes too long.
  process.once('exit', () => server.kill());
  process.once('SIGTERM', () => process.exit(1));
  const confirmations = new Confirmations();
  // Redis drops a message without a subscriber, so the receiver says first that it has subscribed.
  const ready = new Confirmations();
  let isReady = false;
  const heard = await subscribe(path, CONFIRMATIONS, 1, () => {
    (isReady ? confirmations : ready).add(1);
    isReady = true;
  });
  const socket = (await connect(path)).resume();
  return {
    send: (message) => {
      const bytes = command('publish', MESSAGES, message);
      if (isReady) socket.write(bytes);
      else void ready.reach(1).then(() => socket.write(bytes));
    },
    confirmed: (count) => confirmations.reach(count),
    close: () => {
      heard.destroy();
      socket.destroy();
      server.kill();
    },
  };
}

/** The receiving end. */
export const receiveRedis: Receive = async ({ path, length, total }, check) => {
  const socket = (await connect(path)).resume();
  let count = 0;
  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const heard = await subscribe(path, MESSAGES, length, (message) => {
    check(message);
    socket.write(command('publish', CONFIRMATIONS, '!'));
    if (++count === total) finish();
  });
  socket.write(command('publish', CONFIRMATIONS, '!')); // ready
  await done;
  await once(heard, 'close');
  socket.destroy();
};
