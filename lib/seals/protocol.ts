import type { FileOperations, FoundLock, SealByte } from '../backend/file-operations.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import { sleep, type Operation } from '../core/sync-or-async.js';

/*
 * The protocol between processes: locks of open file descriptions on bytes past any data. The kernel is the registry,
 * so a killed process leaves nothing behind. docs/seals.md describes the protocol for other languages.
 */

// A seal holds 'mutating' exclusively for microseconds. A mutation holds it shared as long as it runs.
const PATIENCE_MS = 100;
const PAUSE_MS = 1;

/** The error for a lock that covers the bytes of the protocol and does not belong to it. */
export function foreignLockError(found: FoundLock, path: string | undefined): SystemError {
  const owner = found.pid === -1 ? 'of an open file description' : `of process ${found.pid}`;
  return systemError(
    errno.EAGAIN,
    'fcntl',
    path,
    `a lock ${owner} covers the bytes of the seal protocol (2^62 and after): lock only the bytes that the file has`,
  );
}

function busy(path: string | undefined, why: string): SystemError {
  return systemError(errno.EBUSY, 'fcntl', path, why);
}

/** @returns false: a lock of the protocol prevents it. @throws EAGAIN: another lock prevents it. */
function tryLock(
  files: FileOperations,
  fd: number,
  byte: SealByte,
  type: 'shared' | 'exclusive',
  path: string | undefined,
): boolean {
  if (files.setLock(fd, byte, type, path)) return true;
  const found = files.findLock(fd, byte, path);
  if (found !== undefined && !found.ofProtocol) throw foreignLockError(found, path);
  return false;
}

/** {@link tryLock} for up to {@link PATIENCE_MS}. */
function* waitForLock(
  files: FileOperations,
  fd: number,
  byte: SealByte,
  type: 'shared' | 'exclusive',
  path: string | undefined,
): Operation<boolean> {
  for (let waited = 0; ; waited += PAUSE_MS) {
    if (tryLock(files, fd, byte, type, path)) return true;
    if (waited >= PATIENCE_MS) return false;
    yield* sleep(PAUSE_MS);
  }
}

/**
 * Another open file description seals the file. `fd` need only be readable.
 *
 * @throws EAGAIN: a lock outside the protocol covers the byte.
 */
export function isSealedByLock(files: FileOperations, fd: number, path?: string): boolean {
  const found = files.findLock(fd, 'sealed', path);
  if (found === undefined) return false;
  if (!found.ofProtocol) throw foreignLockError(found, path);
  return true;
}

/**
 * Seals the file for all threads and processes. Mutations that run end first; later ones are refused.
 *
 * @param fd - of a description that no other code locks or unlocks, opened for reading and writing.
 * @throws EBUSY: a mutation runs, or there is a seal that excludes this one; EAGAIN: a lock outside the protocol covers
 *   the bytes.
 */
export function* takeSealLock(
  files: FileOperations,
  fd: number,
  type: 'shared' | 'exclusive',
  path?: string,
): Operation<void> {
  if (!(yield* waitForLock(files, fd, 'mutating', 'exclusive', path))) {
    throw busy(path, 'an operation that may change the block map is under way; seal again when it has ended');
  }
  try {
    if (tryLock(files, fd, 'sealed', type, path)) return;
    throw busy(
      path,
      type === 'exclusive'
        ? 'it is sealed already, and an exclusive seal must be the only one'
        : 'another thread or process has an exclusive seal of it',
    );
  } finally {
    files.setLock(fd, 'mutating', 'none', path);
  }
}

/**
 * Tells other processes whether their requestBreak() works. 'shared': it does, because the file has a lease, and an
 * open(2) returns at the deadline.
 */
export function setBreakableLock(files: FileOperations, fd: number, type: 'shared' | 'none', path?: string): void {
  files.setLock(fd, 'breakable', type, path);
}

/** Takes takeSealLock() and setBreakableLock() back. */
export function dropSealLocks(files: FileOperations, fd: number, path?: string): void {
  files.setLock(fd, 'breakable', 'none', path);
  files.setLock(fd, 'sealed', 'none', path);
}

/**
 * Keeps seals away for the time of one operation. Mutations never keep each other away, as long as they can read the
 * file.
 *
 * @param access - of `fd`. A lock through a write-only descriptor is exclusive.
 * @throws EBUSY: another description seals the file at the moment (or, write-only, another mutation runs) and did not
 *   end in time.
 */
export function* beginMutation(
  files: FileOperations,
  fd: number,
  access: 'readable' | 'write-only',
  path?: string,
): Operation<void> {
  if (yield* waitForLock(files, fd, 'mutating', access === 'readable' ? 'shared' : 'exclusive', path)) return;
  throw busy(
    path,
    access === 'readable'
      ? 'another thread or process is sealing it at the moment; try again'
      : 'this process cannot read the file, and another guarded operation on it is under way',
  );
}
