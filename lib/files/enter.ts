import { constants as fsConstants } from 'node:fs';
import type { Backend, FileStatus } from '../backend/backend.js';
import { errno, type SystemError } from '../errors.js';
import { registry } from '../registry.js';
import { enterGuard, Guarded } from '../seals/guard.js';
import { inodeKey } from '../seals/inode-key.js';
import { sealLockInProc } from '../seals/proc-locks.js';
import type { Steps } from '../steps.js';
import { leasedError } from './open-look.js';

const { S_IFMT, S_IFREG } = fsConstants;

/** A file that an operation is about to change, or to share blocks of. */
export interface Entered {
  readonly fd: number;
  readonly status: FileStatus;
  readonly key: string;
  readonly sealed: boolean;
}

interface Held {
  readonly guarded: Guarded;
  count: number;
}

/** What this thread keeps from being sealed just now: one lock for all operations that run on an inode. */
const held = new Map<string, Held>();

const nothing = (): void => undefined;

function hold(key: string, entry: Held): Guarded {
  entry.count++;
  held.set(key, entry);
  return new Guarded(false, () => {
    if (--entry.count > 0) return;
    held.delete(key);
    entry.guarded.release();
  });
}

/** enterGuard() opens the file once more, which would ring a lease of this process. */
function enterQuietly({ files, bells, capabilities }: Backend, fd: number, status: FileStatus, path: string | undefined): Guarded {
  const { dev, ino } = status;
  if (bells !== undefined && bells.anyLease && bells.isLeased(dev, ino) && sealLockInProc(dev, ino, 'sealed')) return new Guarded(true, nothing);
  try {
    return enterGuard(files, capabilities.sealLocks, fd, status, path);
  } catch (error) {
    const failed = error as SystemError;
    if (failed.errno !== errno.EAGAIN || failed.syscall !== 'open') throw error;
    if (sealLockInProc(dev, ino, 'sealed')) return new Guarded(true, nothing);
    throw leasedError(status, path, undefined);
  }
}

/**
 * {@link enterGuard} for operations that may overlap in this thread, and for files that are leased.
 *
 * @throws as enterGuard().
 */
export function enter(backend: Backend, fd: number, status: FileStatus, path?: string): Guarded {
  if ((status.mode & S_IFMT) !== S_IFREG) return new Guarded(false, nothing);
  const key = inodeKey(status);
  const sealedHere = registry.seals.has(key);
  const entry = held.get(key);
  if (entry !== undefined && !sealedHere) return hold(key, entry);
  if (sealedHere) return enterGuard(backend.files, backend.capabilities.sealLocks, fd, status, path);
  const guarded = enterQuietly(backend, fd, status, path);
  return guarded.sealed ? guarded : hold(key, { guarded, count: 0 });
}

/** undefined: there is none; the operation itself says so in its own words. */
export function statusOf({ files }: Backend, fd: number): FileStatus | undefined {
  try {
    return files.stat(fd);
  } catch {
    return undefined;
  }
}

function isFile(status: FileStatus | undefined): status is FileStatus {
  return status !== undefined && (status.mode & S_IFMT) === S_IFREG;
}

/** A file, entered; undefined: there is none (a pipe, a device, no descriptor at all), and nothing of it is guarded. */
export interface Entry {
  readonly file: Entered | undefined;
  readonly leave: () => void;
}

/** From now on, until leave(), no seal of the file behind `fd` can come about. @throws as enterGuard(). */
export function enterFile(backend: Backend, fd: number, path?: string): Entry {
  const status = statusOf(backend, fd);
  if (!isFile(status)) return { file: undefined, leave: nothing };
  const guarded = enter(backend, fd, status, path);
  return { file: { fd, status, key: inodeKey(status), sealed: guarded.sealed }, leave: () => guarded.release() };
}

/** Runs `body` on the file behind `fd` while no seal can come about. */
export function* guardOne<T>(backend: Backend, fd: number, path: string | undefined, body: (file: Entered | undefined) => Steps<T>): Steps<T> {
  const { file, leave } = enterFile(backend, fd, path);
  try {
    return yield* body(file);
  } finally {
    leave();
  }
}

/** {@link guardOne} for two, entered in an order of their own, so that two operations cannot wait for each other. */
export function* guardTwo<T>(backend: Backend, one: number, two: number, body: (one: Entered | undefined, two: Entered | undefined) => Steps<T>): Steps<T> {
  const key = (fd: number): string => {
    const status = statusOf(backend, fd);
    return status === undefined ? '' : inodeKey(status);
  };
  if (key(one) <= key(two)) return yield* guardOne(backend, one, undefined, (first) => guardOne(backend, two, undefined, (second) => body(first, second)));
  return yield* guardOne(backend, two, undefined, (second) => guardOne(backend, one, undefined, (first) => body(first, second)));
}
