import type { Backend } from '../../backend/backend.js';
import { selectBackend } from '../../backend/select.js';
import { runAsync, runSync, type Operation, quickCall, asyncOnlyCall } from '../../core/sync-or-async.js';
import { enterFile, guardFile, type GuardedFile } from '../../seals/mutation-guard.js';
import { checkResize } from '../resize.js';
import { beginWrite, type WriteRequest } from '../write-check.js';
import { callbackAt, callWithCallback, deliver, isDescriptor, releasingCallback } from './call-forms.js';
import type { FsFunction } from './patch.js';

/** The change that a call is about to make to the file behind a descriptor. */
export interface Change {
  readonly fd: number;
  /** Checks the change. @returns ends it. @throws ETXTBSY. */
  begin(backend: Backend, file: GuardedFile): Operation<() => void>;
}

/** Reads the arguments of a call; undefined: node:fs refuses them. */
export type ReadChange = (args: readonly unknown[]) => Change | undefined;

function writeChange(fd: unknown, request: WriteRequest | undefined): Change | undefined {
  if (request === undefined || !isDescriptor(fd)) return undefined;
  return { fd, begin: (backend, file) => beginWrite(backend, file, request) };
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

/** node:fs takes every value that is no position for the current position. */
function positionOf(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}

interface BufferPart {
  offset?: unknown;
  length?: unknown;
  position?: unknown;
}

function bufferRequest(buffer: ArrayBufferView, part: BufferPart): WriteRequest | undefined {
  const offset = part.offset ?? 0;
  if (!isCount(offset, buffer.byteLength)) return undefined;
  const left = buffer.byteLength - offset;
  const bytes = typeof part.length === 'number' ? part.length : left;
  return isCount(bytes, left) ? { bytes, position: positionOf(part.position), syscall: 'write' } : undefined;
}

/** write(fd, buffer, offset, length, position), write(fd, buffer, options), write(fd, string, position, encoding). */
const readWrite: ReadChange = ([fd, data, second, third, fourth]) => {
  if (ArrayBuffer.isView(data)) {
    const part =
      typeof second === 'object' && second !== null
        ? (second as BufferPart)
        : { offset: second, length: third, position: fourth };
    return writeChange(fd, bufferRequest(data, part));
  }
  if (typeof data !== 'string') return undefined;
  const encoding = typeof third === 'string' ? (third as BufferEncoding) : 'utf8';
  return writeChange(fd, { bytes: Buffer.byteLength(data, encoding), position: positionOf(second), syscall: 'write' });
};

/** writev(fd, buffers, position). */
const readWritev: ReadChange = ([fd, buffers, position]) => {
  if (!Array.isArray(buffers) || !buffers.every((buffer) => ArrayBuffer.isView(buffer))) return undefined;
  const bytes = buffers.reduce<number>((sum, { byteLength }) => sum + byteLength, 0);
  return writeChange(fd, { bytes, position: positionOf(position), syscall: 'write' });
};

const beginResize: Change['begin'] = (backend, file) =>
  quickCall(() => {
    checkResize(backend, file, 'ftruncate');
    return () => undefined;
  });

/** ftruncate(fd, length). */
const readResize: ReadChange = ([fd]) => (isDescriptor(fd) ? { fd, begin: beginResize } : undefined);

function* guardChange(backend: Backend, change: Change, operation: () => Operation<unknown>): Operation<unknown> {
  return yield* guardFile(backend, { fd: change.fd }, function* (file) {
    const end = file === undefined ? undefined : yield* change.begin(backend, file);
    try {
      return yield* operation();
    } finally {
      end?.();
    }
  });
}

/** Guards a function that blocks. */
function blocking(read: ReadChange, original: FsFunction): FsFunction {
  return function (...args) {
    const change = read(args);
    if (change === undefined) return Reflect.apply(original, this, args);
    const backend = selectBackend('auto');
    return runSync(guardChange(backend, change, () => quickCall(() => Reflect.apply(original, this, args))));
  };
}

/** The promise of an operation that is guarded until it has ended. */
function guardPromise(change: Change, operation: () => Promise<unknown>): Promise<unknown> {
  return runAsync(guardChange(selectBackend('auto'), change, () => asyncOnlyCall(operation)));
}

/**
 * Guards a function with a callback. On a file that is not sealed, the original is called at once, so that an error of
 * its arguments is thrown at once.
 */
function withCallback(read: ReadChange, original: FsFunction): FsFunction {
  return function (...args) {
    const at = callbackAt(args);
    const change = at < 0 ? undefined : read(args.slice(0, at));
    const backend = selectBackend('auto');
    if (change === undefined) return Reflect.apply(original, this, args);
    let file: GuardedFile | undefined;
    try {
      file = runSync(enterFile(backend, { fd: change.fd }));
    } catch (error) {
      return process.nextTick(args[at] as FsFunction, error);
    }
    if (file === undefined) return Reflect.apply(original, this, args);
    if (file.sealed) {
      file.release();
      return deliver(
        args[at],
        guardPromise(change, () => callWithCallback(original, this, args, at)) as Promise<unknown[]>,
      );
    }
    try {
      return Reflect.apply(
        original,
        this,
        args.with(
          at,
          releasingCallback(() => file.release(), args[at] as FsFunction),
        ),
      );
    } catch (error) {
      file.release();
      throw error;
    }
  };
}

/** Guards a method of a FileHandle. */
function ofHandle(read: ReadChange, original: FsFunction): FsFunction {
  return async function (this: { fd: number }, ...args: unknown[]) {
    const operation = (): Promise<unknown> => Reflect.apply(original, this, args) as Promise<unknown>;
    const change = read([this.fd, ...args]);
    return change === undefined ? operation() : guardPromise(change, operation);
  } as FsFunction;
}

/** The functions of node:fs that write to or resize an open file. */
export const descriptorWraps = {
  writeSync: (original: FsFunction) => blocking(readWrite, original),
  write: (original: FsFunction) => withCallback(readWrite, original),
  writevSync: (original: FsFunction) => blocking(readWritev, original),
  writev: (original: FsFunction) => withCallback(readWritev, original),
  ftruncateSync: (original: FsFunction) => blocking(readResize, original),
  ftruncate: (original: FsFunction) => withCallback(readResize, original),
};

/** The methods of FileHandle that do so. */
export const handleDescriptorWraps = {
  write: (original: FsFunction) => ofHandle(readWrite, original),
  writev: (original: FsFunction) => ofHandle(readWritev, original),
  truncate: (original: FsFunction) => ofHandle(readResize, original),
};
