import { markAsUntransferable } from 'node:worker_threads';

/** ArrayBuffer.prototype.transfer (Node >= 21), taken now: nobody can replace it later. */
export const transfer = (ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer, length: number) => ArrayBuffer })
  .transfer;

// Node >= 24 gives what is marked untransferable a key, without which nobody can detach it; and takes the memory of
// every ArrayBuffer of an addon away without the key when a thread ends, which aborts the process.
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

/** The ArrayBuffer that users get: there, one that Node does not know as an addon's. Its memory, and what its views see, is the same. */
export function handedOut(made: ArrayBuffer): ArrayBuffer {
  return isLocking && transfer !== undefined ? transfer.call(made, made.byteLength) : made;
}
