import { constants as fsConstants, type PathLike } from 'node:fs';
import type { Backend } from '../../backend/backend.js';
import { ACCESS_MODE } from '../../backend/descriptor-flags.js';
import { selectBackend } from '../../backend/select.js';
import { runAsync, runSync, type Operation, quickCall, asyncOnlyCall } from '../../core/sync-or-async.js';
import { descriptorOpener, openUnguarded, type Opener } from '../open.js';
import { openFlags } from '../open-flags.js';
import { checkLease } from '../path-guard.js';
import { callbackAt, callWithCallback, deliver, isEncoding, isPathLike, isSignal, optionsOf } from './call-forms.js';
import type { Handle } from './handles.js';
import type { FsFunction } from './patch.js';
import { handleOpener } from './path-calls.js';

const { O_EXCL, O_TRUNC, O_WRONLY } = fsConstants;

/** A call of readFile() with a path. node:fs opens the path itself and calls no function that could be guarded. */
interface WholeRead {
  readonly path: PathLike;
  readonly flags: number;
}

interface GivenOptions {
  encoding?: unknown;
  flag?: unknown;
  signal?: unknown;
}

/**
 * @param flagOf - maps the option `flag`.
 * @returns undefined: node:fs refuses the arguments before it opens anything, or they have a descriptor.
 */
function readRead(path: unknown, options: unknown, flagOf = (flag: unknown): unknown => flag): WholeRead | undefined {
  const given = optionsOf<GivenOptions>(options);
  if (given === undefined || !isPathLike(path) || !isEncoding(given.encoding)) return undefined;
  if (!isSignal(given.signal) || given.signal?.aborted === true) return undefined;
  const flags = openFlags(flagOf(given.flag));
  return flags === undefined ? undefined : { path, flags };
}

/** The call needs no guard: it does not truncate, and this process has no lease that it could break. */
function passes({ leaseEvents }: Backend, { flags }: WholeRead): boolean {
  return (flags & O_TRUNC) === 0 && leaseEvents?.anyLease !== true;
}

/** Reads from a target. `flag` replaces the option of the caller. */
type Reader<F> = (target: PathLike | F, flag?: number) => Operation<unknown>;

/**
 * Lets `original` read from the path. If that would truncate, the file is opened here, and `original` reads from it.
 */
function* readAt<F>(
  backend: Backend,
  opener: Opener<F>,
  { path, flags }: WholeRead,
  original: Reader<F>,
): Operation<unknown> {
  if ((flags & O_TRUNC) === 0) {
    yield* checkLease(backend, path);
    return yield* original(path);
  }
  const file = yield* openUnguarded(backend, opener, path, flags);
  const isReadable = (flags & ACCESS_MODE) !== O_WRONLY;
  try {
    if (isReadable) return yield* original(file);
  } finally {
    yield* opener.close(file);
  }
  // node:fs never reads from an empty descriptor, so it does not report that it is write-only; for a path it does.
  return yield* original(path, flags & ~(O_TRUNC | O_EXCL));
}

/** The arguments of a call of readFile() that reads from `target`. */
function reading(args: readonly unknown[], target: unknown, flag: number | undefined): unknown[] {
  const read = args.with(0, target);
  return flag === undefined ? read : read.with(1, { ...optionsOf(args[1]), flag });
}

function readFileSync(original: FsFunction): FsFunction {
  return function (...args) {
    const read = readRead(args[0], args[1]);
    const backend = selectBackend('auto');
    if (read === undefined || passes(backend, read)) return Reflect.apply(original, this, args);
    return runSync(
      readAt(backend, descriptorOpener(undefined), read, (target, flag) =>
        quickCall(() => Reflect.apply(original, this, reading(args, target, flag))),
      ),
    );
  };
}

function readFile(original: FsFunction): FsFunction {
  return function (...args) {
    const at = callbackAt(args);
    const read = at < 1 ? undefined : readRead(args[0], at > 1 ? args[1] : undefined);
    const backend = selectBackend('auto');
    if (read === undefined || passes(backend, read)) return Reflect.apply(original, this, args);
    const reader: Reader<number> = (target, flag) =>
      asyncOnlyCall(() => callWithCallback(original, this, reading(args, target, flag), at));
    return deliver(
      args[at],
      runAsync(readAt(backend, descriptorOpener(undefined), read, reader)) as Promise<unknown[]>,
    );
  };
}

/** @param open - promises.open() without a guard. */
function readFilePromise(open: FsFunction): (original: FsFunction) => FsFunction {
  return (original) =>
    async function (...args) {
      const read = readRead(args[0], args[1], (flag) => flag || 'r'); // as in node:fs, in promises only
      const backend = selectBackend('auto');
      if (read === undefined || passes(backend, read)) return Reflect.apply(original, this, args);
      const reader: Reader<Handle> = (target, flag) =>
        asyncOnlyCall(() => Reflect.apply(original, this, reading(args, target, flag)) as Promise<unknown>);
      return runAsync(readAt(backend, handleOpener(open, this, undefined), read, reader));
    };
}

function isBlobOptions(options: unknown): boolean {
  if (options === undefined) return true;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return false;
  const { type } = options as { type?: unknown };
  return !type || typeof type === 'string';
}

function openAsBlob(original: FsFunction): FsFunction {
  return function (...args) {
    const [path, options] = args;
    const backend = selectBackend('auto');
    if (backend.leaseEvents?.anyLease !== true || !isPathLike(path) || !isBlobOptions(options))
      return Reflect.apply(original, this, args);
    return runAsync(checkLease(backend, path)).then(() => Reflect.apply(original, this, args));
  };
}

/** Node 26 has this function. */
function openAsBlobSync(original: FsFunction): FsFunction {
  return function (...args) {
    const [path, options] = args;
    const backend = selectBackend('auto');
    if (backend.leaseEvents?.anyLease === true && isPathLike(path) && isBlobOptions(options))
      runSync(checkLease(backend, path));
    return Reflect.apply(original, this, args);
  };
}

/** The functions of node:fs that read whole files by path. */
export const wholeReadWraps = { readFileSync, readFile, openAsBlob, openAsBlobSync };

/** @param open - promises.open() without a guard. */
export function promisedWholeReadWraps(open: FsFunction): Record<'readFile', (original: FsFunction) => FsFunction> {
  return { readFile: readFilePromise(open) };
}
