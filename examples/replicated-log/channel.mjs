// Messages over a socket: one line of JSON each. In production the socket is a TLS connection between two sides that
// know each other: the messages carry the key of the memory.
import { createInterface } from 'node:readline';

export class Channel {
  #socket;
  #lines;

  constructor(socket) {
    this.#socket = socket;
    socket.on('error', () => undefined); // the next receive() ends
    this.#lines = createInterface({ input: socket, crlfDelay: Infinity })[Symbol.asyncIterator]();
  }

  send(message) {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  /** @throws Error: the peer has gone. */
  async receive() {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error('the peer has closed the channel');
    return JSON.parse(value);
  }

  close() {
    this.#socket.destroy();
  }
}
