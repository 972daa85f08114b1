import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, systemError } from '../core/errors.js';
import { extentFlags } from '../storage/extent-flags.js';
import { ExtentMap, hasNoFiemap, readRawExtents } from '../file/extent-map.js';
import { sealedError } from '../seals/protocol.js';
import type { Operation } from '../core/sync-or-async.js';
import { acquireKey, type KeyedLocks } from '../core/keyed-lock.js';
import { readDescription } from './description.js';
import type { Entered } from './enter.js';

const { O_RDONLY } = fsConstants;

const nothing = (): void => undefined;

/** A write to come: how many bytes, and where; null: at the descriptor's own position. */
export interface WriteRequest {
  readonly bytes: number;
  readonly position: number | null;
  readonly syscall: string;
  readonly path?: string | undefined;
}

/** What is there; where there is no FIEMAP (tmpfs) as SEEK_DATA has it, which moves the position: of a description of our own. */
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

/** Rule 14: a write there would move or make blocks. */
function* checkExtents(
  backend: Backend,
  { fd, status }: Entered,
  position: number,
  { bytes, syscall, path }: WriteRequest,
): Operation<void> {
  if (!backend.capabilities.sealLocks) return; // the emulation reads no extents
  const raw = yield* extentsOf(backend, fd, { offset: position, length: bytes });
  const bad = ExtentMap.of(raw, status.size, 'blocks').unsound(position, position + bytes)[0];
  if (bad === undefined) return;
  const flags = extentFlags(bad.bits);
  // Of a run of holes only what was asked about is known.
  const offset = Math.max(bad.offset, position);
  const error = sealedError(
    syscall,
    path,
    `the extent at ${offset} is ${flags.join(' and ')}, and a write would change where its bytes are; write over what is written already`,
  );
  throw Object.assign(error, { offset, flags });
}

const running: KeyedLocks = new Map();

/** One write at the current position of a sealed file at a time: where the next one goes is known only when it has ended. */
function acquirePosition({ key }: Entered, { syscall, path }: WriteRequest): Operation<() => void> {
  return acquireKey(running, key, () => {
    throw systemError(
      errno.EBUSY,
      syscall,
      path,
      'an asynchronous write at the current position of this sealed file is under way; await it first, or give a position',
    );
  });
}

function* checkAt(backend: Backend, file: Entered, request: WriteRequest): Operation<void> {
  const { bytes, syscall, path } = request;
  const description = readDescription(backend, file.fd);
  if (!description.writable) return; // EBADF wins
  if (description.append) throw sealedError(syscall, path, 'nothing can be appended until the seal is released');
  const position = request.position ?? description.position;
  if (position === undefined)
    throw sealedError(syscall, path, 'where the write would go cannot be told here; give a position');
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
 * Lets a write into a file begin: into a sealed one only if it changes no block, that is inside the size and over written extents
 * (rules 11 to 14).
 *
 * @returns to be called when it has ended.
 * @throws ETXTBSY, with `offset` and `flags` of an extent in the way; then not one byte may be written.
 */
export function* beginWrite(backend: Backend, file: Entered, request: WriteRequest): Operation<() => void> {
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

/** A write from its beginning to its end. */
export function* writeGuarded<T>(
  backend: Backend,
  file: Entered | undefined,
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
