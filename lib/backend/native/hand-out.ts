import { markAsUntransferable } from 'node:worker_threads';

/** ArrayBuffer.prototype.transfer (Node >= 21), captured now: no later replacement has an effect. */
export const transfer = (ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer, length: number) => ArrayBuffer })
  .transfer;

// Node >= 24 gives a buffer that is marked untransferable a detach key, without which it cannot be detached. When a
// thread ends, Node detaches every ArrayBuffer of an addon without that key, which aborts the process.
function locksMarked(): boolean {
  const marked = new ArrayBuffer(1);
  markAsUntransferable(marked);
  try {
    transfer?.call(marked, 0);
    return false;
  } catch {
    return true;
  }
}

const isLocking = locksMarked();

/**
 * The ArrayBuffer for the caller. On Node >= 24 it is one that Node does not know as an addon's, over the same memory.
 */
export function handedOut(made: ArrayBuffer): ArrayBuffer {
  return isLocking && transfer !== undefined ? transfer.call(made, made.byteLength) : made;
}
