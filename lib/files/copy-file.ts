import { constants as fsConstants, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { call, type Operation } from '../core/sync-or-async.js';
import { copyFileRange } from './copy-range.js';
import { sealedError } from '../seals/mutation-guard.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';
import { closeDescriptor, openForChange } from './open.js';
import { guardPath, type GuardedPath } from './path-guard.js';
import { pathName } from './path.js';
import { truncateFile } from './resize.js';

const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = fsConstants;
const PERMISSIONS = 0o7777;
const PART = 2 ** 26; // the event loop gets a turn between two parts

/** The arguments of copyFile() of node:fs. */
export interface FileCopy {
  readonly source: PathLike;
  readonly destination: PathLike;
  /** COPYFILE_* of fs.constants. */
  readonly mode: number;
  /**
   * The entry at the destination is removed first, as in cp(): a link or another name of a file, not the file behind
   * it.
   */
  readonly replaces?: boolean;
}

function* copyBytes(backend: Backend, from: number, to: number, size: number): Operation<void> {
  for (let offset = 0; offset < size;) {
    const copied = yield* copyFileRange(backend, {
      from,
      fromOffset: offset,
      to,
      toOffset: offset,
      length: Math.min(PART, size - offset),
    });
    if (copied === 0) return;
    offset += copied;
  }
}

function* unlink(path: PathLike): Operation<void> {
  yield* call(
    () => syncFs.unlinkSync(path),
    () => asyncFs.unlink(path),
  );
}

function* copyOpened(
  backend: Backend,
  from: number,
  { destination, mode, replaces = false }: FileCopy,
): Operation<void> {
  const { size, mode: kind } = backend.files.stat(from);
  const permissions = kind & PERMISSIONS;
  const exclusive = (mode & COPYFILE_EXCL) === 0 ? 0 : O_EXCL;
  if (replaces) yield* unlink(destination);
  const to = yield* openForChange(backend, destination, {
    flags: O_WRONLY | O_CREAT | exclusive,
    mode: permissions,
    changes: 'copyfile',
  });
  try {
    yield* truncateFile(backend, to, 0, 'copyfile', pathName(destination));
    yield* copyBytes(backend, from, to, size);
    yield* call(
      () => syncFs.fchmodSync(to, permissions),
      () => asyncFs.fchmod(to, permissions),
    );
  } finally {
    yield* closeDescriptor(to);
  }
}

/** Rules 15 and 17: copies bytes and never shares blocks. */
export function* copySealed(backend: Backend, copy: FileCopy): Operation<void> {
  if ((copy.mode & COPYFILE_FICLONE_FORCE) !== 0)
    throw sealedError(
      'copyfile',
      pathName(copy.source),
      'a clone would share its blocks; copy without COPYFILE_FICLONE_FORCE',
    );
  const from = yield* openForChange(backend, copy.source, { flags: O_RDONLY, changes: undefined });
  try {
    yield* copyOpened(backend, from, copy);
  } finally {
    yield* closeDescriptor(from);
  }
}

/** The files of a copy, both guarded. */
export interface GuardedCopy {
  readonly source: GuardedPath;
  /** undefined: the destination is a link that will be replaced, and its target takes no part in the copy. */
  readonly destination: GuardedPath | undefined;
  /** Called once. */
  readonly release: () => void;
}

/**
 * @param replacesLink - the destination is a link that will be replaced.
 * @throws EAGAIN, ETXTBSY: a file is leased; as enterFile().
 */
export function* guardCopy(backend: Backend, copy: FileCopy, replacesLink = false): Operation<GuardedCopy> {
  const source = yield* guardPath(backend, copy.source, { changes: undefined });
  try {
    const destination = replacesLink ? undefined : yield* guardPath(backend, copy.destination, { changes: 'copyfile' });
    const release = (): void => {
      destination?.release();
      source.release();
    };
    return { source, destination, release };
  } catch (error) {
    source.release();
    throw error;
  }
}

export function isSealed(path: GuardedPath | undefined): boolean {
  return path !== undefined && path.sealed !== false;
}

/** node:fs finds that the copy would end in its own source, and does nothing. */
function isSameFile({ source, destination }: GuardedCopy): boolean {
  return source.key !== undefined && source.key === destination?.key;
}

function* copyGuarded(
  backend: Backend,
  copy: FileCopy,
  guarded: GuardedCopy,
  original: () => Operation<unknown>,
): Operation<unknown> {
  const { source, destination } = guarded;
  // These errors of node:fs win over a seal.
  const exists = (copy.mode & COPYFILE_EXCL) !== 0 && destination?.type === 'file';
  if (source.type === 'missing' || exists || isSameFile(guarded)) return yield* original();
  if (isSealed(destination)) throw sealedError('copyfile', pathName(copy.destination));
  if (!isSealed(source)) return yield* original();
  yield* copySealed(backend, copy);
  return undefined;
}

/**
 * copyFile() of node:fs: not into a sealed file; from a sealed file byte by byte.
 *
 * Not promised: the right answer if a name is given to another file during the call.
 */
export function* copyFile(backend: Backend, copy: FileCopy, original: () => Operation<unknown>): Operation<unknown> {
  const guarded = yield* guardCopy(backend, copy);
  try {
    return yield* copyGuarded(backend, copy, guarded, original);
  } finally {
    guarded.release();
  }
}
