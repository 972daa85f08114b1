// The receiving end of hand-over.ts, in a process or a worker. Arguments: PATH CHANNEL LENGTH TOTAL
import { isMainThread, workerData } from 'node:worker_threads';
import type { Receive } from '../hand-over/channel.js';
import { receivePosted } from '../hand-over/posted.js';
import { receiveRedis } from '../hand-over/redis.js';
import { receiveSharedMemory } from '../hand-over/shared-memory.js';
import { receiveUnixSocket } from '../hand-over/unix-socket.js';

const channels: Readonly<Record<string, Receive>> = {
  'shared memory': receiveSharedMemory,
  'Unix socket': receiveUnixSocket,
  Redis: receiveRedis,
  posted: receivePosted,
};

const [path = '', channel = '', length = '', total = ''] = isMainThread
  ? process.argv.slice(2)
  : (workerData as string[]);

let next = 0;

/** A message has its number at its beginning and at its end. */
function check(message: Uint8Array): void {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const numbers = [view.getUint32(0, true), view.getUint32(message.byteLength - 4, true)];
  if (message.byteLength !== Number(length) || numbers.some((number) => number !== next))
    throw new Error(`message ${next} has the numbers ${numbers.join(' and ')}`);
  next++;
}

void channels[channel]!({ path, length: Number(length), total: Number(total) }, check).then(() => {
  if (isMainThread) process.disconnect();
});
