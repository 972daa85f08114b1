import { isRegular } from '../storage/inode-type.js';
import { constants as fsConstants, type Mode, type OpenMode, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { O_PATH } from '../backend/descriptor-flags.js';
import { invalidType, invalidValue, systemError, type SystemError } from '../core/errors.js';
import { Guarded } from '../seals/mutation-guard.js';
import { call, type Operation } from '../core/sync-or-async.js';
import { enter } from './enter.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';
import { checkLease, openLook, pathName, type Look } from './path-guard.js';

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fsConstants;
const { O_SYNC = 0 } = fsConstants as Partial<typeof fsConstants>;
const ACCESS_MODE = 0o3; // O_ACCMODE

const words: Readonly<Record<string, number>> = Object.freeze({
  r: O_RDONLY,
  rs: O_RDONLY | O_SYNC,
  'r+': O_RDWR,
  'rs+': O_RDWR | O_SYNC,
  w: O_TRUNC | O_CREAT | O_WRONLY,
  wx: O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  'w+': O_TRUNC | O_CREAT | O_RDWR,
  'wx+': O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  a: O_APPEND | O_CREAT | O_WRONLY,
  ax: O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  as: O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  'a+': O_APPEND | O_CREAT | O_RDWR,
  'ax+': O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  'as+': O_APPEND | O_CREAT | O_RDWR | O_SYNC,
});

/** 'w' and 'wx' mean the same with their letters the other way round: 'xw'. */
function ordered(word: string): string {
  return word.replace(/^([sx])([rwa])/, '$2$1');
}

/** Flags as open(2) has them; undefined: node:fs does not know them either. */
export function openFlags(flags: unknown): number | undefined {
  if (flags === undefined || flags === null) return O_RDONLY;
  if (typeof flags === 'number') return Number.isInteger(flags) ? flags | 0 : undefined;
  return typeof flags === 'string' && Object.hasOwn(words, ordered(flags)) ? words[ordered(flags)] : undefined;
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. */
export function parseFlags(flags: OpenMode): number {
  const parsed = openFlags(flags);
  if (parsed !== undefined) return parsed;
  if (typeof flags !== 'string' && typeof flags !== 'number')
    throw invalidType('flags', 'of type string or number', flags);
  throw invalidValue('flags', "must be a word of node:fs ('r', 'w+', 'ax', ...) or a sum of fs.constants.O_*", flags);
}

/** How a file is opened, and what its user gets: a descriptor, or a FileHandle. */
export interface Opener<F> {
  open(path: PathLike, flags: number): Operation<F>;
  descriptor(file: F): number;
  close(file: F): Operation<void>;
}

/** The user's own descriptor: node:fs knows of it. */
export function descriptorOpener(mode: Mode | undefined): Opener<number> {
  return {
    open: (path, flags) =>
      call(
        () => syncFs.openSync(path, flags, mode),
        () => asyncFs.open(path, flags, mode),
      ),
    descriptor: (fd) => fd,
    close: closeDescriptor,
  };
}

export function* closeDescriptor(fd: number): Operation<void> {
  yield* call(
    () => syncFs.closeSync(fd),
    () => asyncFs.close(fd),
  );
}

function* truncateToNothing(backend: Backend, fd: number, flags: number): Operation<void> {
  if ((flags & ACCESS_MODE) !== O_RDONLY) {
    yield* call(
      () => syncFs.ftruncateSync(fd, 0),
      () => asyncFs.ftruncate(fd, 0),
    );
    return;
  }
  // Linux truncates with O_RDONLY too, where the file may be written.
  const own = backend.files.reopen(fd, O_WRONLY);
  try {
    backend.files.truncate(own, 0);
  } finally {
    backend.files.close(own);
  }
}

/** What the user of O_TRUNC knows of is one open(2). */
function asOpen(error: unknown, path: PathLike): unknown {
  const { errno, syscall } = error as SystemError;
  return typeof errno === 'number' && syscall === 'ftruncate' ? systemError(errno, 'open', pathName(path)) : error;
}

/** The second half of O_TRUNC, while no seal can come about. */
function* truncateOpened(
  backend: Backend,
  fd: number,
  path: PathLike,
  flags: number,
  existed: boolean,
): Operation<Guarded> {
  const status = backend.files.stat(fd, pathName(path));
  const guarded = enter(backend, fd, status, pathName(path));
  try {
    guarded.check('open', pathName(path));
    // A file that was just made is empty, and nobody need hear of a change of it.
    if (isRegular(status) && (existed || status.size > 0)) yield* truncateToNothing(backend, fd, flags);
    return guarded;
  } catch (error) {
    guarded.release();
    throw asOpen(error, path);
  }
}

/** An open file; `guarded` holds off seals of it until release() if it was truncated. */
export interface GuardedOpen<F> {
  readonly file: F;
  readonly guarded: Guarded;
}

function unguarded(): Guarded {
  return new Guarded(false, () => undefined);
}

function* openAndTruncate<F>(
  backend: Backend,
  opener: Opener<F>,
  path: PathLike,
  flags: number,
  look: Look,
): Operation<GuardedOpen<F>> {
  if (look.kind === 'other') return { file: yield* opener.open(path, flags), guarded: unguarded() };
  const file = yield* opener.open(path, flags & ~O_TRUNC);
  try {
    return {
      file,
      guarded: yield* truncateOpened(backend, opener.descriptor(file), path, flags, look.kind === 'file'),
    };
  } catch (error) {
    yield* opener.close(file);
    throw error;
  }
}

/**
 * open(2) that does not truncate what is sealed: the file is opened without O_TRUNC, and truncated through its descriptor.
 *
 * @throws what `opener` throws; ETXTBSY: O_TRUNC, and it is sealed; EAGAIN: it is leased; as enterGuard().
 */
export function* openGuarded<F>(
  backend: Backend,
  opener: Opener<F>,
  path: PathLike,
  flags: number,
): Operation<GuardedOpen<F>> {
  if ((flags & O_TRUNC) === 0 || (flags & O_PATH) !== 0) {
    yield* checkLease(backend, path);
    return { file: yield* opener.open(path, flags), guarded: unguarded() };
  }
  const look = yield* openLook(backend, path, flags, 'open');
  try {
    return yield* openAndTruncate(backend, opener, path, flags, look);
  } finally {
    look.close();
  }
}

/** {@link openGuarded} for files.open(). */
export function* openForUser(backend: Backend, path: PathLike, flags: number, mode: number): Operation<number> {
  const { file, guarded } = yield* openGuarded(backend, descriptorOpener(mode), path, flags);
  guarded.release();
  return file;
}

/** Opens for a change that `changes` (a system call's name) will make: never waits for a lease. The caller closes it. */
export function* openForChange(
  backend: Backend,
  path: PathLike,
  flags: number,
  mode: number,
  changes: string | undefined,
): Operation<number> {
  const look = yield* openLook(backend, path, flags, changes);
  try {
    return yield* descriptorOpener(mode).open(path, flags);
  } finally {
    look.close();
  }
}
