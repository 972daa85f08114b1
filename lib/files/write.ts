import { constants as fsConstants, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { call, type Operation } from '../core/sync-or-async.js';
import type { WritePart } from './arguments.js';
import { readDescription } from './description.js';
import { guardOne } from './enter.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';
import { closeDescriptor, openForChange } from './open.js';
import { pathName } from './path-guard.js';
import { writeGuarded } from './write-check.js';

const { O_APPEND, O_CREAT, O_WRONLY } = fsConstants;
const NEW_FILE = 0o666; // and the umask, as appendFile() of node:fs

function* writeStep(fd: number, buffer: Uint8Array, { offset, length, position }: WritePart): Operation<number> {
  return yield* call(
    () => syncFs.writeSync(fd, buffer, offset, length, position),
    async () => (await asyncFs.write(fd, buffer, offset, length, position)).bytesWritten,
  );
}

/** write(2), pwrite(2). */
export function* writePart(
  backend: Backend,
  fd: number,
  buffer: Uint8Array,
  part: WritePart,
  path?: string,
): Operation<number> {
  const request = { bytes: part.length, position: part.position, syscall: 'write', path };
  return yield* guardOne(backend, fd, path, (file) =>
    writeGuarded(backend, file, request, () => writeStep(fd, buffer, part)),
  );
}

function wholeBuffer(buffer: Uint8Array, position: number | null): WritePart {
  return { offset: 0, length: buffer.byteLength, position };
}

/** A description of our own: the caller's need not append. */
function* appendTo(backend: Backend, fd: number, buffer: Uint8Array): Operation<number> {
  const own = backend.files.reopen(fd, O_WRONLY | O_APPEND);
  try {
    return yield* writePart(backend, own, buffer, wholeBuffer(buffer, null));
  } finally {
    backend.files.close(own);
  }
}

/** Writes at the end of a file, wherever the descriptor stands. */
export function* appendToDescriptor(backend: Backend, fd: number, buffer: Uint8Array): Operation<number> {
  return yield* guardOne(backend, fd, undefined, function* (file) {
    // A seal wants no reopening, a pipe has no end, and a bad descriptor fails by itself.
    if (file === undefined) return yield* writeStep(fd, buffer, wholeBuffer(buffer, null));
    const { append, writable } = readDescription(backend, fd);
    if (append || !writable || buffer.byteLength === 0)
      return yield* writePart(backend, fd, buffer, wholeBuffer(buffer, null));
    if (file.sealed || !backend.capabilities.sealLocks)
      return yield* writePart(backend, fd, buffer, wholeBuffer(buffer, file.status.size));
    return yield* appendTo(backend, fd, buffer);
  });
}

/** Writes at the end of a file, which is made if it is missing. */
export function* appendToPath(backend: Backend, path: PathLike, buffer: Uint8Array): Operation<number> {
  const fd = yield* openForChange(backend, path, O_WRONLY | O_APPEND | O_CREAT, NEW_FILE, 'write');
  try {
    return yield* writePart(backend, fd, buffer, wholeBuffer(buffer, null), pathName(path));
  } finally {
    yield* closeDescriptor(fd);
  }
}
