import type { ChildProcess } from 'node:child_process';
import { parentPort, type Worker } from 'node:worker_threads';
import { Confirmations, type Receive, type Sender } from './channel.js';

/** The sending end: process.send() to a child. The channel has serialization 'advanced'. */
export function ipcSender(child: ChildProcess): Sender {
  const confirmations = new Confirmations();
  child.on('message', () => confirmations.add(1));
  return {
    send: (message) => void child.send(message),
    confirmed: (n) => confirmations.reach(n),
    close: () => undefined,
  };
}

/** The sending end: postMessage() to a worker, which copies the message. */
export function portSender(worker: Worker): Sender {
  const confirmations = new Confirmations();
  worker.on('message', () => confirmations.add(1));
  return {
    send: (message) => worker.postMessage(message),
    confirmed: (count) => confirmations.reach(count),
    close: () => undefined,
  };
}

/** The receiving end of both. */
export const receivePosted: Receive = ({ total }, check) =>
  new Promise((resolve) => {
    let count = 0;
    const port = parentPort;
    const onMessage = (message: Uint8Array): void => {
      check(message);
      if (port === null) process.send?.(0);
      else port.postMessage(0);
      if (++count < total) return;
      port?.close();
      resolve();
    };
    if (port === null) process.on('message', onMessage);
    else port.on('message', onMessage);
  });
