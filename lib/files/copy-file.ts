import { constants as fsConstants, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { sealedError } from '../seals/protocol.js';
import { call, type Operation } from '../core/sync-or-async.js';
import { copyFileRange } from './copy-range.js';
import { enterFile, type Entered } from './enter.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';
import { closeDescriptor, openForChange } from './open.js';
import { openLook, pathName } from './path-guard.js';
import { truncateFile } from './resize.js';

const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = fsConstants;
const PERMISSIONS = 0o7777;
const PART = 2 ** 26; // between two the event loop has its turn

/** A file copied to a path, as copyFile() of node:fs is told. */
export interface FileCopy {
  readonly source: PathLike;
  readonly destination: PathLike;
  /** COPYFILE_* of fs.constants. */
  readonly mode: number;
  /** What is there makes way, as cp() has it: a link or another name of a file, not the file that it leads to. */
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
  const to = yield* openForChange(backend, destination, O_WRONLY | O_CREAT | exclusive, permissions, 'copyfile');
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

/** Rules 15 and 17: bytes, never shared blocks. */
export function* copySealed(backend: Backend, copy: FileCopy): Operation<void> {
  if ((copy.mode & COPYFILE_FICLONE_FORCE) !== 0)
    throw sealedError(
      'copyfile',
      pathName(copy.source),
      'a clone would share its blocks; copy without COPYFILE_FICLONE_FORCE',
    );
  const from = yield* openForChange(backend, copy.source, O_RDONLY, 0, undefined);
  try {
    yield* copyOpened(backend, from, copy);
  } finally {
    yield* closeDescriptor(from);
  }
}

/** Both ends of a copy, with no seal of either about to come. undefined: not a file, or not there, or not to be opened. */
export interface CopyEnds {
  readonly source: Entered | undefined;
  readonly destination: Entered | undefined;
  /** There is nothing to be copied, which wins over a seal. */
  readonly missing: boolean;
  readonly leave: () => void;
}

interface End {
  readonly file: Entered | undefined;
  readonly missing: boolean;
  readonly leave: () => void;
}

/** The descriptor stays open: it is what is guarded, and nobody can get a lease. */
function* enterPath(backend: Backend, path: PathLike, changes: string | undefined): Operation<End> {
  const look = yield* openLook(backend, path, 0, changes);
  try {
    const { file, leave } = enterFile(backend, look.fd, pathName(path));
    return {
      file,
      missing: look.kind === 'missing',
      leave: () => {
        leave();
        look.close();
      },
    };
  } catch (error) {
    look.close();
    throw error;
  }
}

const NO_END: End = { file: undefined, missing: false, leave: () => undefined };

/**
 * @param toLink - the destination is a link that will be replaced: what it leads to is no end of the copy.
 * @throws EAGAIN, ETXTBSY: one is leased; as enterGuard().
 */
export function* enterEnds(backend: Backend, copy: FileCopy, toLink = false): Operation<CopyEnds> {
  const source = yield* enterPath(backend, copy.source, undefined);
  try {
    const destination = toLink ? NO_END : yield* enterPath(backend, copy.destination, 'copyfile');
    const leave = (): void => {
      destination.leave();
      source.leave();
    };
    return { source: source.file, destination: destination.file, missing: source.missing, leave };
  } catch (error) {
    source.leave();
    throw error;
  }
}

/** The copy would end up in itself, and node:fs does nothing. */
function isSameFile({ source, destination }: CopyEnds): boolean {
  return source !== undefined && source.key === destination?.key;
}

function* copyEntered(
  backend: Backend,
  copy: FileCopy,
  ends: CopyEnds,
  original: () => Operation<unknown>,
): Operation<unknown> {
  const exists = (copy.mode & COPYFILE_EXCL) !== 0 && ends.destination !== undefined;
  if (ends.missing || exists || isSameFile(ends)) return yield* original();
  if (ends.destination?.sealed === true) throw sealedError('copyfile', pathName(copy.destination));
  if (ends.source?.sealed !== true) return yield* original();
  yield* copySealed(backend, copy);
  return undefined;
}

/**
 * copyFile() of node:fs: into what is sealed not at all, from it byte by byte.
 *
 * Not promised: a name that is given to another file during the call.
 */
export function* copyFile(backend: Backend, copy: FileCopy, original: () => Operation<unknown>): Operation<unknown> {
  const ends = yield* enterEnds(backend, copy);
  try {
    return yield* copyEntered(backend, copy, ends, original);
  } finally {
    ends.leave();
  }
}
