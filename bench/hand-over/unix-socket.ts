import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { Confirmations, type Receive, type Sender, type Work } from './channel.js';
import { readFrames } from './stream.js';

/** The sending end is the server. A confirmation is one byte. */
export async function unixSocketSender({ path }: Work): Promise<Sender> {
  fs.rmSync(path, { force: true });
  const server = net.createServer().listen(path);
  await once(server, 'listening');
  const confirmations = new Confirmations();
  const connected = once(server, 'connection').then(([socket]) => socket as net.Socket);
  let peer: net.Socket | undefined;
  void connected.then((socket) => {
    peer = socket;
    socket.on('data', (bytes) => confirmations.add(bytes.length));
  });
  return {
    // A copy: the stream may still hold the message when the sender writes the next one to the same memory.
    send: (message) => {
      const copy = Buffer.from(message);
      if (peer !== undefined) peer.write(copy);
      else void connected.then((socket) => socket.write(copy));
    },
    confirmed: (count) => confirmations.reach(count),
    close: () => {
      peer?.destroy();
      server.close();
    },
  };
}

/** The receiving end connects. */
export const receiveUnixSocket: Receive = async ({ path, length, total }, check) => {
  const socket = net.connect(path);
  let count = 0;
  const done = new Promise<void>((resolve) => {
    readFrames(socket, length, (frame) => {
      check(frame);
      socket.write('!');
      if (++count === total) resolve();
    });
  });
  await done;
  await once(socket, 'close');
};
