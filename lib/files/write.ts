import { constants as fsConstants, type PathLike } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { asyncFs, syncFs } from '../core/captured-fs.js';
import type { SystemError } from '../core/errors.js';
import type { Operation } from '../core/sync-or-async.js';
import { guardFile, sealedError, type FileRequest, type GuardedFile } from '../seals/mutation-guard.js';
import { callWithAdvice } from './advice.js';
import type { WritePart } from './arguments.js';
import { readAccess } from './description.js';
import { closeDescriptor, openForGuard } from './open.js';
import { pathName } from './path.js';
import { CANNOT_APPEND, writeChecked } from './write-check.js';

const { O_APPEND, O_CREAT, O_WRONLY } = fsConstants;
const NEW_FILE = 0o666; // less the umask, as appendFile() of node:fs

function* writeCall(fd: number, buffer: Uint8Array, { offset, length, position }: WritePart): Operation<number> {
  return yield* callWithAdvice(
    undefined,
    () => syncFs.writeSync(fd, buffer, offset, length, position),
    async () => (await asyncFs.write(fd, buffer, offset, length, position)).bytesWritten,
  );
}

/** Writes through `fd` into a file that is guarded already. */
function writeInto(
  backend: Backend,
  file: GuardedFile | undefined,
  fd: number,
  buffer: Uint8Array,
  part: WritePart,
  path?: string,
): Operation<number> {
  const request = { bytes: part.length, position: part.position, syscall: 'write', path };
  return writeChecked(backend, file, request, () => writeCall(fd, buffer, part));
}

/** write(2), pwrite(2). */
export function* writePart(
  backend: Backend,
  request: FileRequest,
  buffer: Uint8Array,
  part: WritePart,
): Operation<number> {
  return yield* guardFile(backend, request, (file) => writeInto(backend, file, request.fd, buffer, part, request.path));
}

function wholeBuffer(buffer: Uint8Array, position: number | null): WritePart {
  return { offset: 0, length: buffer.byteLength, position };
}

/** Appends through a description of our own: the caller's may be without O_APPEND. */
function* appendThroughOwn(backend: Backend, file: GuardedFile, buffer: Uint8Array): Operation<number> {
  const own = backend.files.reopen(file.fd, O_WRONLY | O_APPEND);
  try {
    return yield* writeInto(backend, file, own, buffer, wholeBuffer(buffer, null));
  } finally {
    backend.files.close(own);
  }
}

/** Writes at the end of a file, whatever the position of the descriptor is. */
export function* appendToDescriptor(backend: Backend, fd: number, buffer: Uint8Array): Operation<number> {
  return yield* guardFile(backend, { fd }, function* (file) {
    const write = (position: number | null): Operation<number> =>
      writeInto(backend, file, fd, buffer, wholeBuffer(buffer, position));
    // A pipe has no end, and a descriptor that cannot be written fails by itself.
    if (file === undefined || buffer.byteLength === 0) return yield* write(null);
    const { append, writable } = readAccess(backend, fd);
    if (append || !writable) return yield* write(null);
    // Of a sealed file nothing needs to be opened: the write is refused.
    if (file.sealed || !backend.capabilities.sealLocks) return yield* write(file.status.size);
    return yield* appendThroughOwn(backend, file, buffer);
  });
}

/** Writes at the end of a file. A missing file is made. */
export function* appendToPath(backend: Backend, path: PathLike, buffer: Uint8Array): Operation<number> {
  const name = pathName(path);
  const refusal = (): SystemError => sealedError('write', name, CANNOT_APPEND);
  const opened = yield* openForGuard(backend, path, {
    flags: O_WRONLY | O_APPEND | O_CREAT,
    mode: NEW_FILE,
    changes: 'write',
    refusal: buffer.byteLength === 0 ? undefined : refusal,
  });
  try {
    return yield* writePart(backend, { ...opened, path: name }, buffer, wholeBuffer(buffer, null));
  } finally {
    yield* closeDescriptor(opened.fd);
  }
}
