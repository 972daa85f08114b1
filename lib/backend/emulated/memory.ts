import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { errno, systemError } from '../../core/errors.js';
import { GET_NATIVE } from '../remedy.js';

/** The largest mapping of the emulation, in bytes: one Buffer of this length works on every version of Node. */
export const MAX_EMULATED = 2 ** 30;

// ArrayBuffer.prototype.transfer (Node >= 21), captured now: no later replacement has an effect.
const native = (ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer }).transfer;

// On older versions a message moves the memory. (structuredClone would, too, but the global object of jsdom has none.)
let channel: MessageChannel | undefined;

function transfer(window: ArrayBuffer): ArrayBuffer {
  if (native !== undefined) return native.call(window);
  if (channel === undefined) {
    channel = new MessageChannel();
    channel.port1.unref(); // the ports keep no process alive
    channel.port2.unref();
  }
  channel.port1.postMessage(window, [window]);
  return (receiveMessageOnPort(channel.port2) as { message: ArrayBuffer }).message;
}

// A request in flight (fs.read into a view) uses the memory by address even after its ArrayBuffer was detached. It
// refers to that ArrayBuffer. So a reachable ArrayBuffer keeps the memory that was moved out of it.
const movedOut = new WeakMap<ArrayBuffer, ArrayBuffer>();

/**
 * Gives every view of `window` length 0.
 * @returns its memory as another ArrayBuffer; undefined: the runtime refuses.
 */
export function moveOut(window: ArrayBuffer): ArrayBuffer | undefined {
  try {
    const moved = transfer(window);
    movedOut.set(window, moved);
    return moved;
  } catch {
    return undefined; // detached already, or marked untransferable
  }
}

/** @throws ENOMEM */
export function allocate(length: number, path: string | undefined): Buffer<ArrayBuffer> {
  try {
    return Buffer.from(new ArrayBuffer(length));
  } catch {
    throw systemError(errno.ENOMEM, 'mmap', path, `no ${length} bytes of memory for the emulation; map less`);
  }
}

/** @throws ENOMEM with the remedy, above {@link MAX_EMULATED}. */
export function checkLength(length: number, path: string | undefined): void {
  if (length <= MAX_EMULATED) return;
  const remedy = `the emulation holds at most 1 GiB per mapping, in memory; map less or ${GET_NATIVE}`;
  throw systemError(errno.ENOMEM, 'mmap', path, remedy);
}
