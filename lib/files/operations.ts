import type { Deduped } from '../backend/file-operations.js';
import type { OpenMode, PathLike } from 'node:fs';
import { selectBackend } from '../backend/select.js';
import type { Operation } from '../core/sync-or-async.js';
import {
  checkBits,
  checkDescriptor,
  checkInteger,
  checkMode,
  checkPath,
  checkSize,
  plainZero,
} from '../core/validators.js';
import { checkedBytes, checkWritePart, isPath } from './arguments.js';
import { cloneFile } from './clone.js';
import { copyFileRange } from './copy-range.js';
import { dedupeRange } from './dedupe.js';
import { withAbsolutePath } from './path.js';
import { descriptorOpener, openUnguarded } from './open.js';
import { parseFlags } from './open-flags.js';
import { allocateRange, truncateFile, truncatePath } from './resize.js';
import { appendToDescriptor, appendToPath, writePart } from './write.js';

const NEW_FILE = 0o666;

function* open(path: PathLike, flags: OpenMode = 'r', mode = NEW_FILE): Operation<number> {
  const at = checkPath(path);
  const parsed = parseFlags(flags);
  checkMode(mode);
  return yield* withAbsolutePath(at, (from) =>
    openUnguarded(selectBackend('auto'), descriptorOpener(plainZero(mode)), from, parsed),
  );
}

function* truncate(path: PathLike, length = 0): Operation<void> {
  const at = checkPath(path);
  checkSize(length, 'length');
  yield* withAbsolutePath(at, (from) => truncatePath(selectBackend('auto'), from, length));
}

function* ftruncate(fd: number, length = 0): Operation<void> {
  checkDescriptor(fd);
  checkSize(length, 'length');
  yield* truncateFile(selectBackend('auto'), fd, length);
}

function* fallocate(fd: number, mode: number, offset: number, length: number): Operation<void> {
  checkDescriptor(fd);
  checkBits(mode, 'mode');
  checkInteger(offset, 'offset');
  checkInteger(length, 'length');
  yield* allocateRange(selectBackend('auto'), fd, mode, offset, length);
}

function* write(
  fd: number,
  buffer: NodeJS.ArrayBufferView,
  offset?: number | null,
  length?: number | null,
  position?: number | null,
): Operation<number> {
  checkDescriptor(fd);
  const bytes = checkedBytes(buffer);
  return yield* writePart(selectBackend('auto'), { fd }, bytes, checkWritePart(bytes, offset, length, position));
}

function* append(pathOrFd: PathLike | number, buffer: NodeJS.ArrayBufferView): Operation<number> {
  if (!isPath(pathOrFd)) checkDescriptor(pathOrFd, 'pathOrFd');
  const at = isPath(pathOrFd) ? checkPath(pathOrFd, 'pathOrFd') : pathOrFd;
  const bytes = checkedBytes(buffer);
  const backend = selectBackend('auto');
  return yield* typeof at === 'number'
    ? appendToDescriptor(backend, at, bytes)
    : withAbsolutePath(at, (from) => appendToPath(backend, from, bytes));
}

function* copyRange(
  fdIn: number,
  offsetIn: number,
  fdOut: number,
  offsetOut: number,
  length: number,
): Operation<number> {
  checkDescriptor(fdIn, 'fdIn');
  checkSize(offsetIn, 'offsetIn');
  checkDescriptor(fdOut, 'fdOut');
  checkSize(offsetOut, 'offsetOut');
  checkSize(length, 'length');
  return yield* copyFileRange(selectBackend('auto'), {
    from: fdIn,
    fromOffset: offsetIn,
    to: fdOut,
    toOffset: offsetOut,
    length,
  });
}

function* clone(sourcePath: PathLike, destinationPath: PathLike): Operation<void> {
  const source = checkPath(sourcePath, 'sourcePath');
  const destination = checkPath(destinationPath, 'destinationPath');
  yield* withAbsolutePath(source, (from) =>
    withAbsolutePath(destination, (to) => cloneFile(selectBackend('auto'), from, to)),
  );
}

function* dedupe(fdIn: number, offsetIn: number, length: number, fdOut: number, offsetOut: number): Operation<Deduped> {
  checkDescriptor(fdIn, 'fdIn');
  checkSize(offsetIn, 'offsetIn');
  checkSize(length, 'length');
  checkDescriptor(fdOut, 'fdOut');
  checkSize(offsetOut, 'offsetOut');
  return yield* dedupeRange(selectBackend('auto'), {
    from: fdIn,
    fromOffset: offsetIn,
    to: fdOut,
    toOffset: offsetOut,
    length,
  });
}

/** The guarded operations by their names in `files`: each checks its arguments and then makes its calls. */
export const operations = Object.freeze({
  open,
  truncate,
  ftruncate,
  fallocate,
  write,
  append,
  copyRange,
  clone,
  dedupe,
});
