import { sleep } from '../core/sync-or-async.js';
import type { FileOperations, FoundLock, SealByte } from '../backend/file-operations.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import type { Operation } from '../core/sync-or-async.js';

/**
 * The protocol between processes: open file description locks on bytes past any data, so that the kernel is the registry
 * and nothing is left behind by a process that was killed. docs/seals.md has it for other languages.
 */

// 'mutating' is held exclusively for microseconds, and shared for as long as an operation takes.
const PATIENCE_MS = 100;
const PAUSE_MS = 1;

/** A lock in the way that is none of the protocol's. */
export function strangersLock(found: FoundLock, path: string | undefined): SystemError {
  const whose = found.pid === -1 ? 'of an open file description' : `of process ${found.pid}`;
  return systemError(
    errno.EAGAIN,
    'fcntl',
    path,
    `a lock ${whose} covers the bytes of the seal protocol (2^62 and after): lock only the bytes that the file has`,
  );
}

function busy(path: string | undefined, what: string): SystemError {
  return systemError(errno.EBUSY, 'fcntl', path, what);
}

/** @returns false: somebody who takes part in the protocol is in the way. @throws EAGAIN: a stranger is. */
function tryLock(
  files: FileOperations,
  fd: number,
  byte: SealByte,
  type: 'shared' | 'exclusive',
  path: string | undefined,
): boolean {
  if (files.setLock(fd, byte, type, path)) return true;
  const found = files.findLock(fd, byte, path);
  if (found !== undefined && !found.ofProtocol) throw strangersLock(found, path);
  return false;
}

function* lock(
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

/** Sealed by another open file description. Needs only a readable descriptor. @throws EAGAIN: a stranger's lock covers the byte. */
export function isSealed(files: FileOperations, fd: number, path?: string): boolean {
  const found = files.findLock(fd, 'sealed', path);
  if (found === undefined) return false;
  if (!found.ofProtocol) throw strangersLock(found, path);
  return true;
}

/**
 * Seals for others: mutations that run end first, those that come are refused.
 *
 * @param fd - a description that nobody else uses, opened for reading and writing.
 * @throws EBUSY: a mutation runs, or a seal is there that does not go with this one; EAGAIN: a stranger's lock.
 */
export function* takeSeal(
  files: FileOperations,
  fd: number,
  type: 'shared' | 'exclusive',
  path?: string,
): Operation<void> {
  if (!(yield* lock(files, fd, 'mutating', 'exclusive', path))) {
    throw busy(path, 'an operation that may change the block map is under way; seal again when it has ended');
  }
  try {
    if (tryLock(files, fd, 'sealed', type, path)) return;
    throw busy(
      path,
      type === 'exclusive'
        ? 'it is sealed already, and an exclusive seal wants to be the only one'
        : 'somebody holds an exclusive seal of it',
    );
  } finally {
    files.setLock(fd, 'mutating', 'none', path);
  }
}

/** Says to other processes whether a requestBreak() is heard: what is sealed has a lease, and whoever opens it gets in at the deadline. */
export function setBreakable(files: FileOperations, fd: number, breakable: boolean, path?: string): void {
  files.setLock(fd, 'breakable', breakable ? 'shared' : 'none', path);
}

/** Takes both back. */
export function dropSeal(files: FileOperations, fd: number, path?: string): void {
  files.setLock(fd, 'breakable', 'none', path);
  files.setLock(fd, 'sealed', 'none', path);
}

/**
 * Keeps seals away for the time of one operation. Mutations never keep each other away, as long as they can read the file.
 *
 * @param access - of `fd`. A lock through a write-only descriptor is exclusive.
 * @throws EBUSY: another description seals the file at the moment (or, write-only, another mutation runs) and did not end in time.
 */
export function* beginMutation(
  files: FileOperations,
  fd: number,
  access: 'readable' | 'write-only',
  path?: string,
): Operation<void> {
  if (yield* lock(files, fd, 'mutating', access === 'readable' ? 'shared' : 'exclusive', path)) return;
  throw busy(
    path,
    access === 'readable'
      ? 'another thread or process is sealing it at the moment; try again'
      : 'this process cannot read the file, and another guarded operation on it is under way',
  );
}
