import type { OpenFile } from '../open-file.js';
import { threadId } from 'node:worker_threads';

// The shared regions of this thread, by serial. A serial contains the number of the thread, because each thread counts
// from 1.
const THREAD_UNIT = 2 ** 32;
const shared = new Map<number, OpenFile | undefined>();
let lastSerial = 0;

/** The region of a serial: it belongs to another thread, or is closed, or has that file. */
export function sharedFile(serial: number): 'elsewhere' | 'closed' | { readonly file: OpenFile | undefined } {
  if (Math.floor(serial / THREAD_UNIT) !== threadId) return 'elsewhere';
  return shared.has(serial) ? { file: shared.get(serial) } : 'closed';
}

/** Registers a shared region. @returns its serial. */
export function shareFile(file: OpenFile | undefined): number {
  const serial = threadId * THREAD_UNIT + ++lastSerial;
  shared.set(serial, file);
  return serial;
}

/** The region was closed. */
export function unshare(serial: number): void {
  shared.delete(serial);
}
