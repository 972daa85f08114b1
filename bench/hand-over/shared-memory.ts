import fs from 'node:fs';
import { map, type Mapping } from '../../lib/index.js';
import { type Receive, type Sender, WINDOW, type Work } from './channel.js';

/** Two counters, each in a cache line of its own; then a slot for each message of the window. */
const SENT = 0;
const CONFIRMED = 64;
const SLOTS = 4096;

interface Ring {
  readonly mapping: Mapping;
  readonly words: Int32Array;
  slot(index: number): Buffer;
}

function open({ path, length }: Work): Ring {
  const mapping = map(path);
  const slots = Array.from({ length: WINDOW }, (_, index) => mapping.view(SLOTS + index * length, length));
  return { mapping, words: new Int32Array(mapping.arrayBuffer(0, SLOTS)), slot: (index) => slots[index % WINDOW]! };
}

/** Stores a counter, and wakes the end that waits for it. */
function publish({ mapping, words }: Ring, offset: number, value: number): void {
  Atomics.store(words, offset / 4, value);
  mapping.notify(offset);
}

/** Waits until a counter has at least this value. */
async function reach({ mapping, words }: Ring, offset: number, value: number): Promise<void> {
  for (let now = Atomics.load(words, offset / 4); now < value; now = Atomics.load(words, offset / 4))
    await mapping.waitAsync(offset, now);
}

/** The sending end. It makes the file, so it begins before the receiver. */
export function sharedMemorySender(work: Work): Sender {
  fs.rmSync(work.path, { force: true });
  fs.writeFileSync(work.path, '');
  fs.truncateSync(work.path, SLOTS + WINDOW * work.length);
  const ring = open(work);
  let sent = 0;
  return {
    send: (message) => {
      ring.slot(sent).set(message);
      publish(ring, SENT, ++sent);
    },
    confirmed: (count) => reach(ring, CONFIRMED, count),
    close: () => ring.mapping.close(),
  };
}

/** The receiving end reads the messages in place. */
export const receiveSharedMemory: Receive = async (work, check) => {
  const ring = open(work);
  for (let index = 0; index < work.total; index++) {
    await reach(ring, SENT, index + 1);
    check(ring.slot(index));
    publish(ring, CONFIRMED, index + 1);
  }
  ring.mapping.close();
};
