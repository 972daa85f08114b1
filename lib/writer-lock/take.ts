import type { Backend } from '../backend/backend.js';
import { sleep, type Operation } from '../core/sync-or-async.js';
import type { ParsedTarget } from '../core/target.js';
import { writerBusy } from './busy.js';
import { LockFile } from './lock-file.js';

const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 16;

/** The arguments of {@link takeWriterLock}. */
export interface WriterLockRequest {
  readonly backend: Backend;
  readonly target: ParsedTarget;
  /** Milliseconds; Infinity: no limit. */
  readonly timeout: number;
  /** A lock of this thread can end during the wait. A blocked thread cannot release it. */
  readonly waitsForOwnThread: boolean;
}

/** One attempt. @returns undefined: another writer has the lock. */
export function tryWriterLock(backend: Backend, target: ParsedTarget): LockFile | undefined {
  const file = LockFile.open(backend, target);
  if (file === undefined) return undefined;
  let isLocked = false;
  try {
    isLocked = file.tryLock();
  } finally {
    if (!isLocked) file.close();
  }
  return isLocked ? file : undefined;
}

/**
 * Asks again and again, at growing intervals. F_OFD_SETLKW would wait in the kernel, but it has no timeout, and only a
 * signal of the system could interrupt it.
 *
 * @throws EBUSY: another writer has the lock at the end of the time.
 */
export function* takeWriterLock(request: WriterLockRequest): Operation<LockFile> {
  const { backend, target, timeout, waitsForOwnThread } = request;
  const end = performance.now() + timeout;
  let file: LockFile | undefined;
  try {
    for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      file ??= LockFile.open(backend, target);
      if (file?.tryLock() === true) return file;
      const left = end - performance.now();
      if (left <= 0 || (file?.isHeldByThread === true && !waitsForOwnThread)) throw writerBusy(file, target.path);
      yield* sleep(Math.min(pause, left));
    }
  } catch (error) {
    file?.close();
    throw error;
  }
}
