import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { errno, systemError } from '../../core/errors.js';
import { GET_NATIVE } from '../remedy.js';

/** The largest mapping of the emulation: what one Buffer handles without mistakes on every Node version. */
export const MAX_EMULATED = 2 ** 30;

// ArrayBuffer.prototype.transfer (Node >= 21) taken now: nobody can replace it later.
const native = (ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer }).transfer;

// Before that a message moves the memory. (structuredClone does it so too, but not every global object has it: jsdom's has not.)
let channel: MessageChannel | undefined;

function transfer(window: ArrayBuffer): ArrayBuffer {
  if (native !== undefined) return native.call(window);
  if (channel === undefined) {
    channel = new MessageChannel();
    channel.port1.unref(); // they keep no process alive
    channel.port2.unref();
  }
  channel.port1.postMessage(window, [window]);
  return (receiveMessageOnPort(channel.port2) as { message: ArrayBuffer }).message;
}

// A request in flight (fs.read into a view) uses the memory by address after its ArrayBuffer was detached, and holds
// the ArrayBuffer: so that, while it is reachable, keeps the memory which was moved out of it.
const movedOut = new WeakMap<ArrayBuffer, ArrayBuffer>();

/** Makes every view of `window` length 0 and returns its memory as another ArrayBuffer; undefined: the runtime forbids. */
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
