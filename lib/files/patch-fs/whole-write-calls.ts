import type { Mode, PathLike } from 'node:fs';
import type { Backend } from '../../backend/backend.js';
import { selectBackend } from '../../backend/select.js';
import { runAsync, runSync, call, type Operation, quickCall, asyncOnlyCall } from '../../core/sync-or-async.js';
import { plainBytes } from '../../core/write-arguments.js';
import { guardFile } from '../../seals/mutation-guard.js';
import { asyncFs, syncFs } from '../../core/captured-fs.js';
import { descriptorOpener, openGuarded, type Opener } from '../open.js';
import { openFlags } from '../open-flags.js';
import { writePart } from '../write.js';
import {
  callbackAt,
  callWithCallback,
  deliver,
  isDescriptor,
  isEncoding,
  isMode,
  isPathLike,
  isSignal,
  optionsOf,
} from './call-forms.js';
import type { Handle } from './handles.js';
import type { FsFunction } from './patch.js';
import { handleOpener } from './path-calls.js';

type Chunk = string | NodeJS.ArrayBufferView;
type Chunks = Iterable<Chunk> | AsyncIterable<Chunk>;

/** A call of writeFile() or appendFile() that node:fs accepts. */
interface WholeWrite {
  readonly data: Chunk | Chunks;
  readonly encoding: BufferEncoding;
  readonly flags: number;
  readonly mode: Mode | undefined;
  readonly flush: boolean;
}

interface GivenOptions {
  encoding?: unknown;
  flag?: unknown;
  mode?: unknown;
  flush?: unknown;
  signal?: unknown;
}

function isChunks(data: unknown): data is Chunks {
  return typeof data === 'object' && data !== null && (Symbol.asyncIterator in data || Symbol.iterator in data);
}

/** undefined: node:fs refuses the arguments before it opens anything. */
function readWhole(data: unknown, options: unknown, flag: string, chunks: boolean): WholeWrite | undefined {
  const given = optionsOf<GivenOptions>(options);
  if (given === undefined || !isSignal(given.signal) || given.signal?.aborted === true) return undefined;
  const { encoding = null, mode, flush = null } = given;
  const flags = openFlags(given.flag || flag);
  if (flags === undefined || !isMode(mode) || (flush !== null && typeof flush !== 'boolean')) return undefined;
  if (!isEncoding(encoding) || (encoding === 'buffer' && typeof data === 'string')) return undefined;
  if (typeof data !== 'string' && !ArrayBuffer.isView(data) && !(chunks && isChunks(data))) return undefined;
  return {
    data: data as Chunk | Chunks,
    encoding: (encoding ?? 'utf8') as BufferEncoding,
    flags,
    mode,
    flush: flush ?? false,
  };
}

function bytesOf(chunk: Chunk, encoding: BufferEncoding): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : plainBytes(chunk);
}

/** Writes a piece into a sealed file: all of it, or nothing. */
function* writePiece(backend: Backend, fd: number, bytes: Uint8Array): Operation<void> {
  for (let offset = 0; offset < bytes.byteLength;) {
    offset += yield* writePart(backend, { fd }, bytes, { offset, length: bytes.byteLength - offset, position: null });
  }
}

async function writeChunks(backend: Backend, fd: number, { data, encoding }: WholeWrite): Promise<void> {
  for await (const chunk of data as Chunks) await runAsync(writePiece(backend, fd, bytesOf(chunk, encoding)));
}

function* flushed(fd: number): Operation<void> {
  yield* call(
    () => syncFs.fsyncSync(fd),
    () => asyncFs.fsync(fd),
  );
}

function* writeSealedWhole(backend: Backend, fd: number, whole: WholeWrite): Operation<void> {
  const { data, encoding } = whole;
  if (typeof data === 'string' || ArrayBuffer.isView(data)) yield* writePiece(backend, fd, bytesOf(data, encoding));
  else yield* asyncOnlyCall(() => writeChunks(backend, fd, whole));
  if (whole.flush) yield* flushed(fd);
}

/** Lets node:fs write an open file. Into a sealed file we write ourselves, because node:fs writes in pieces. */
function* writeOpen<T>(
  backend: Backend,
  fd: number,
  whole: WholeWrite,
  original: () => Operation<T>,
): Operation<T | undefined> {
  return yield* guardFile(backend, { fd }, function* (file) {
    if (file === undefined || !file.sealed) return yield* original();
    yield* writeSealedWhole(backend, fd, whole);
    return undefined;
  });
}

/** Opens, writes and closes. After the open no seal can be taken. */
function* writeAt<F>(
  backend: Backend,
  opener: Opener<F>,
  path: PathLike,
  whole: WholeWrite,
  original: (file: F) => Operation<unknown>,
): Operation<void> {
  const { file, release } = yield* openGuarded(backend, opener, path, whole.flags);
  try {
    yield* writeOpen(backend, opener.descriptor(file), whole, () => original(file));
  } finally {
    release();
    yield* opener.close(file);
  }
}

function blocking(flag: string): (original: FsFunction) => FsFunction {
  return (original) =>
    function (...args) {
      const [target, data, options] = args;
      const whole = readWhole(data, options, flag, false);
      if (whole === undefined || !(isDescriptor(target) || isPathLike(target)))
        return Reflect.apply(original, this, args);
      const backend = selectBackend('auto');
      const write = (fd: number): Operation<unknown> =>
        quickCall(() => Reflect.apply(original, this, [fd, data, options]));
      if (isDescriptor(target)) runSync(writeOpen(backend, target, whole, () => write(target)));
      else runSync(writeAt(backend, descriptorOpener(whole.mode), target, whole, write));
      return undefined;
    };
}

function withCallback(flag: string): (original: FsFunction) => FsFunction {
  return (original) =>
    function (...args) {
      const at = callbackAt(args);
      const [target, data, options] = args.slice(0, Math.max(at, 0));
      const whole = readWhole(data, options, flag, false);
      if (at < 2 || whole === undefined || !(isDescriptor(target) || isPathLike(target)))
        return Reflect.apply(original, this, args);
      const backend = selectBackend('auto');
      const write = (fd: number): Operation<unknown> =>
        asyncOnlyCall(async () => {
          const [error] = await callWithCallback(original, this, [fd, data, options, () => undefined], 3);
          if (error !== null && error !== undefined) throw error;
        });
      const steps = isDescriptor(target)
        ? writeOpen(backend, target, whole, () => write(target))
        : writeAt(backend, descriptorOpener(whole.mode), target, whole, write);
      return deliver(
        args[at],
        runAsync(steps).then(() => [null]),
      );
    };
}

/** writeFile() and appendFile() of a FileHandle: both write at its position and do not truncate. */
function ofHandle(original: FsFunction): FsFunction {
  return async function (this: Handle, ...args: unknown[]) {
    const whole = readWhole(args[0], args[1], 'w', true);
    const write = (): Promise<unknown> => Reflect.apply(original, this, args) as Promise<unknown>;
    if (whole === undefined) return write();
    return runAsync(writeOpen(selectBackend('auto'), this.fd, whole, () => asyncOnlyCall(write)));
  } as FsFunction;
}

function isHandle(target: unknown): target is Handle {
  return typeof target === 'object' && target !== null && typeof (target as Partial<Handle>).fd === 'number';
}

/** @param open - the open() of the same object, without a guard. */
function ofPromises(flag: string, open: FsFunction): (original: FsFunction) => FsFunction {
  return (original) =>
    async function (...args) {
      const [target, data, options] = args;
      const whole = readWhole(data, options, flag, true);
      if (whole === undefined || !(isHandle(target) || isPathLike(target))) return Reflect.apply(original, this, args);
      const backend = selectBackend('auto');
      const write = (handle: Handle): Operation<unknown> =>
        asyncOnlyCall(async () => {
          await (Reflect.apply(original, this, [handle, data, options]) as Promise<unknown>);
          // node:fs leaves the flush to the owner of the handle.
          if (whole.flush && handle !== target) await handle.sync();
        });
      if (isHandle(target)) return runAsync(writeOpen(backend, target.fd, whole, () => write(target)));
      return runAsync(writeAt(backend, handleOpener(open, this, whole.mode), target, whole, write));
    };
}

/** The functions of node:fs that write whole files. */
export const wholeFileWraps = {
  writeFileSync: blocking('w'),
  appendFileSync: blocking('a'),
  writeFile: withCallback('w'),
  appendFile: withCallback('a'),
};

export const handleWholeFileWraps = { writeFile: ofHandle, appendFile: ofHandle };

/** @param open - promises.open() without a guard. */
export function promisedWholeFileWraps(
  open: FsFunction,
): Record<'writeFile' | 'appendFile', (original: FsFunction) => FsFunction> {
  return { writeFile: ofPromises('w', open), appendFile: ofPromises('a', open) };
}
