import { inodeKey } from '../storage/inode-id.js';
import { isRegular } from '../storage/inode-type.js';
import type { FileStatus } from '../storage/file-status.js';
import type { Backend } from '../backend/backend.js';
import { namesFilesByInode } from '../storage/file-systems.js';
import { sealedInodes } from '../seals/sealed-inodes.js';
import { enterGuard, Guarded } from '../seals/mutation-guard.js';
import type { Operation } from '../core/sync-or-async.js';

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

/**
 * What this thread keeps from being sealed just now: one lock for all operations that run on an inode. Where two files have one number
 * it may hold the other's; nothing can be sealed there.
 */
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

/** {@link enterGuard} for operations that may overlap in this thread. @throws as enterGuard(). */
export function enter(backend: Backend, fd: number, status: FileStatus, path?: string): Guarded {
  if (!isRegular(status)) return new Guarded(false, nothing);
  const key = inodeKey(status);
  if (sealedInodes.has(key)) return enterGuard(backend, fd, status, path);
  const entry = held.get(key);
  if (entry !== undefined) return hold(key, entry);
  const guarded = enterGuard(backend, fd, status, path);
  return guarded.sealed || !guarded.holds ? guarded : hold(key, { guarded, count: 0 });
}

/** Two descriptors are surely of one file. Equal keys alone say so only where inode numbers name files. */
export function isOneFile({ files }: Backend, one: Entered | undefined, other: Entered | undefined): boolean {
  return one !== undefined && one.key === other?.key && namesFilesByInode(files.fileSystem(one.fd));
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
  return status !== undefined && isRegular(status);
}

/** A file, entered; undefined: there is none (a pipe, a device, no descriptor at all), and nothing of it is guarded. */
export interface Entry {
  readonly file: Entered | undefined;
  readonly leave: () => void;
}

/**
 * From now on, until leave(), no seal of the file behind `fd` can come about. @throws as enterGuard().
 *
 * @param status - of `fd`, where it is known.
 */
export function enterFile(backend: Backend, fd: number, path?: string, status = statusOf(backend, fd)): Entry {
  if (!isFile(status)) return { file: undefined, leave: nothing };
  const guarded = enter(backend, fd, status, path);
  return { file: { fd, status, key: inodeKey(status), sealed: guarded.sealed }, leave: () => guarded.release() };
}

function* within<T>({ file, leave }: Entry, body: (file: Entered | undefined) => Operation<T>): Operation<T> {
  try {
    return yield* body(file);
  } finally {
    leave();
  }
}

/** Runs `body` on the file behind `fd` while no seal can come about. */
export function guardOne<T>(
  backend: Backend,
  fd: number,
  path: string | undefined,
  body: (file: Entered | undefined) => Operation<T>,
): Operation<T> {
  return within(enterFile(backend, fd, path), body);
}

interface Stated {
  readonly fd: number;
  readonly status: FileStatus | undefined;
}

function orderOf({ status }: Stated): string {
  return status === undefined ? '' : inodeKey(status);
}

/** {@link guardOne} for two, entered in an order of their own, so that two operations cannot wait for each other. */
export function* guardTwo<T>(
  backend: Backend,
  one: number,
  two: number,
  body: (one: Entered | undefined, two: Entered | undefined) => Operation<T>,
): Operation<T> {
  const [first, second] = [one, two].map((fd) => ({ fd, status: statusOf(backend, fd) })) as [Stated, Stated];
  const enterOne = ({ fd, status }: Stated): Entry => enterFile(backend, fd, undefined, status);
  if (orderOf(first) <= orderOf(second))
    return yield* within(enterOne(first), (file) => within(enterOne(second), (other) => body(file, other)));
  return yield* within(enterOne(second), (other) => within(enterOne(first), (file) => body(file, other)));
}
