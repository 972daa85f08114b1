import type { OpenFile } from '../open-file.js';
import { threadId } from 'node:worker_threads';

// Shared regions of this thread by serial. The thread's number is in it: in another thread the same counter is another region.
const THREAD_UNIT = 2 ** 32;
const shared = new Map<number, OpenFile | undefined>();
let lastSerial = 0;

/** Whose region a serial is: of another thread, of this one and closed, or of this one with that file. */
export function sharedFile(serial: number): 'elsewhere' | 'closed' | { readonly file: OpenFile | undefined } {
  if (Math.floor(serial / THREAD_UNIT) !== threadId) return 'elsewhere';
  return shared.has(serial) ? { file: shared.get(serial) } : 'closed';
}

/** A serial for a region that is shared from now on. */
export function shareFile(file: OpenFile | undefined): number {
  const serial = threadId * THREAD_UNIT + ++lastSerial;
  shared.set(serial, file);
  return serial;
}

/** The region was closed. */
export function unshare(serial: number): void {
  shared.delete(serial);
}
