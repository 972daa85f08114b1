import { constants as fsConstants, type BigIntStats, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, type SystemError } from '../core/errors.js';
import { isUint8Array, isUrl } from '../core/foreign.js';
import { identity, type Identity } from '../storage/inode-id.js';
import { isLeasedByProcess, leasedError } from '../seals/own-leases.js';
import { call, type Operation } from '../core/sync-or-async.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';

const { O_RDONLY, O_WRONLY, S_IFMT, S_IFREG } = fsConstants;
// Absent on Windows.
const { O_NOCTTY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fsConstants as Partial<typeof fsConstants>;

/** A path as errors name it. */
export function pathName(path: PathLike): string {
  if (isUrl(path)) return path.pathname;
  return isUint8Array(path) ? Buffer.from(path).toString() : path;
}

interface Inode {
  readonly dev: Identity;
  readonly ino: Identity;
}

function inodeOf({ dev, ino }: BigIntStats): Inode {
  return { dev: identity(dev), ino: identity(ino) };
}

/** undefined: there is nothing that could be looked at; the open itself says why. */
function* statusAt(path: PathLike): Operation<BigIntStats | undefined> {
  try {
    return yield* call(
      () => syncFs.statSync(path, { bigint: true }),
      () => asyncFs.stat(path, { bigint: true }),
    );
  } catch {
    return undefined;
  }
}

/**
 * Before an open that changes nothing.
 *
 * @throws EAGAIN: the file is leased by this process, and the open would freeze it.
 */
export function* checkLease(backend: Backend, path: PathLike): Operation<void> {
  if (backend.leaseEvents?.anyLease !== true) return; // no system call
  const status = yield* statusAt(path);
  if (status === undefined) return;
  const inode = inodeOf(status);
  if (isLeasedByProcess(backend, inode)) throw leasedError(inode, pathName(path), undefined);
}

/** What is at a path, and a descriptor of it: as long as that is open nobody can get a lease. */
export interface Look {
  readonly kind: 'missing' | 'file' | 'other';
  /** Of a file; -1: it may be neither read nor written by us. */
  readonly fd: number;
  close(): void;
}

function nothingOpen(kind: Look['kind']): Look {
  return { kind, fd: -1, close: () => undefined };
}

function isAgain(error: unknown): boolean {
  return (error as SystemError).errno === errno.EAGAIN;
}

function* open(path: PathLike, flags: number): Operation<number> {
  return yield* call(
    () => syncFs.openSync(path, flags),
    () => asyncFs.open(path, flags),
  );
}

/** undefined: we may neither read nor write it; the open itself says so. @throws EAGAIN. */
function* openEither(path: PathLike, flags: number): Operation<number | undefined> {
  for (const access of [O_RDONLY, O_WRONLY]) {
    try {
      return yield* open(path, access | flags);
    } catch (error) {
      if (isAgain(error)) throw error;
    }
  }
  return undefined;
}

/**
 * Looks at a path before `changes` (the name of a system call; undefined: it only reads) opens it, and never waits: not for a
 * lease, not for the other end of a FIFO, which it does not open.
 *
 * @param flags - of the open to come.
 * @throws ETXTBSY: it is leased and sealed; EAGAIN: it is leased.
 */
export function* openLook(
  backend: Backend,
  path: PathLike,
  flags: number,
  changes: string | undefined,
): Operation<Look> {
  const status = yield* statusAt(path);
  if (status === undefined) return nothingOpen('missing');
  if ((Number(status.mode) & S_IFMT) !== S_IFREG) return nothingOpen('other');
  const inode = inodeOf(status);
  if (isLeasedByProcess(backend, inode)) throw leasedError(inode, pathName(path), changes);
  try {
    const fd = yield* openEither(path, (flags & O_NOFOLLOW) | O_NONBLOCK | O_NOCTTY);
    return fd === undefined ? nothingOpen('file') : { kind: 'file', fd, close: () => syncFs.closeSync(fd) };
  } catch (error) {
    throw isAgain(error) ? leasedError(inode, pathName(path), changes) : error;
  }
}
