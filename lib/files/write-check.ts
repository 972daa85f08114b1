import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, systemError } from '../core/errors.js';
import { extentFlags } from '../storage/extent-flags.js';
import { ExtentMap, hasNoFiemap, readRawExtents } from '../file/extent-map.js';
import type { Operation } from '../core/sync-or-async.js';
import { acquireKey, type KeyedLocks } from '../core/keyed-lock.js';
import { registryPart } from '../core/registry.js';
import { sealedError, type GuardedFile } from '../seals/mutation-guard.js';
import { readDescription } from './description.js';

const { O_RDONLY } = fsConstants;

const nothing = (): void => undefined;

/** The detail of the refusal of an append. */
export const CANNOT_APPEND = 'nothing can be appended until the seal is released';

/** A write that is about to be made. */
export interface WriteRequest {
  readonly bytes: number;
  /** null: the position of the descriptor. */
  readonly position: number | null;
  readonly syscall: string;
  readonly path?: string | undefined;
}

/**
 * The extents of a range: FIEMAP, or SEEK_DATA on a file system without it (tmpfs). SEEK_DATA moves the position, so it
 * gets a description of our own.
 */
function* extentsOf(
  { files }: Backend,
  fd: number,
  range: { readonly offset: number; readonly length: number },
): Operation<Float64Array> {
  try {
    return yield* readRawExtents(files, fd, range, 'now');
  } catch (error) {
    if (!hasNoFiemap(error)) throw error;
  }
  const own = files.reopen(fd, O_RDONLY);
  try {
    return yield* readRawExtents(files, own, range, 'seek');
  } finally {
    files.close(own);
  }
}

/** Rule 14. @throws ETXTBSY: the write would move or allocate blocks. */
function* checkExtents(
  backend: Backend,
  { fd, status }: GuardedFile,
  position: number,
  { bytes, syscall, path }: WriteRequest,
): Operation<void> {
  if (!backend.capabilities.sealLocks) return; // the emulation cannot read extents
  const raw = yield* extentsOf(backend, fd, { offset: position, length: bytes });
  const bad = ExtentMap.of(raw, status.size, 'blocks').unsound(position, position + bytes)[0];
  if (bad === undefined) return;
  const flags = extentFlags(bad.bits);
  // A run of holes is known only within the range of the question.
  const offset = Math.max(bad.offset, position);
  const error = sealedError(
    syscall,
    path,
    `the extent at ${offset} is ${flags.join(' and ')}, and a write would change the place of its bytes; write only over written extents`,
  );
  throw Object.assign(error, { offset, flags });
}

/** The writes of this thread at the current position of a sealed file, by the key of the file. */
const positionedWrites = registryPart('positioned writes', (): KeyedLocks => new Map());

/** Lets one write at the current position run at a time: the position of the next one is known only after its end. */
function acquirePosition({ key }: GuardedFile, { syscall, path }: WriteRequest): Operation<() => void> {
  return acquireKey(positionedWrites, key, () => {
    throw systemError(
      errno.EBUSY,
      syscall,
      path,
      'an asynchronous write at the current position of this sealed file is under way; await it first, or give a position',
    );
  });
}

function* checkAt(backend: Backend, file: GuardedFile, request: WriteRequest): Operation<void> {
  const { bytes, syscall, path } = request;
  const description = readDescription(backend, file.fd);
  if (!description.writable) return; // EBADF wins over the seal
  if (description.append) throw sealedError(syscall, path, CANNOT_APPEND);
  const position = request.position ?? description.position;
  if (position === undefined)
    throw sealedError(syscall, path, 'the position of the descriptor is not known without /proc; give a position');
  const { size } = backend.files.stat(file.fd, path);
  if (bytes > size - position)
    throw sealedError(
      syscall,
      path,
      `the write would end at ${position + bytes}, past its size of ${size}; nothing was written`,
    );
  yield* checkExtents(backend, { ...file, status: { ...file.status, size } }, position, request);
}

/**
 * Checks a write before it begins. Into a sealed file it must change no block: it lies inside the size and over written
 * extents (rules 11 to 14).
 *
 * @returns ends the write.
 * @throws ETXTBSY, with `offset` and `flags` of the extent in the way. The caller then writes no byte.
 */
export function* beginWrite(backend: Backend, file: GuardedFile, request: WriteRequest): Operation<() => void> {
  if (!file.sealed || request.bytes === 0) return nothing;
  const end = request.position === null ? yield* acquirePosition(file, request) : nothing;
  try {
    yield* checkAt(backend, file, request);
    return end;
  } catch (error) {
    end();
    throw error;
  }
}

/** Runs a write after its check. @throws as {@link beginWrite}. */
export function* writeChecked<T>(
  backend: Backend,
  file: GuardedFile | undefined,
  request: WriteRequest,
  write: () => Operation<T>,
): Operation<T> {
  const end = file === undefined ? nothing : yield* beginWrite(backend, file, request);
  try {
    return yield* write();
  } finally {
    end();
  }
}
