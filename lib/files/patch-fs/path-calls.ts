import { constants as fsConstants, type PathLike } from 'node:fs';
import { selectBackend } from '../../backend/select.js';
import { runAsync, runSync, type Operation, quickCall, asyncOnlyCall } from '../../core/sync-or-async.js';
import { closeDescriptor, openUnguarded, type Opener } from '../open.js';
import { openFlags } from '../open-flags.js';
import { checkLease } from '../path-guard.js';
import { truncateThrough } from '../resize.js';
import { callbackAt, callWithCallback, deliver, isMode, isPathLike } from './call-forms.js';
import { descriptorWraps } from './descriptor-calls.js';
import { knowHandle, type Handle } from './handles.js';
import type { FsFunction } from './patch.js';

const { O_TRUNC } = fsConstants;

interface OpenRequest {
  readonly path: PathLike;
  readonly flags: number;
}

/** undefined: node:fs refuses the arguments. */
function readOpen(path: unknown, flags: unknown, mode: unknown): OpenRequest | undefined {
  const parsed = openFlags(flags);
  return parsed !== undefined && isPathLike(path) && isMode(mode) ? { path, flags: parsed } : undefined;
}

function openSync(original: FsFunction): FsFunction {
  return function (...args) {
    const request = readOpen(args[0], args[1], args[2]);
    if (request === undefined) return Reflect.apply(original, this, args);
    const backend = selectBackend('auto');
    if ((request.flags & O_TRUNC) === 0) {
      runSync(checkLease(backend, request.path));
      return Reflect.apply(original, this, args);
    }
    const open = (path: PathLike, flags: number): number =>
      Reflect.apply(original, this, [path, flags, args[2]]) as number;
    const opener: Opener<number> = {
      open: (path, flags) => quickCall(() => open(path, flags)),
      descriptor: (fd) => fd,
      close: closeDescriptor,
    };
    return runSync(openUnguarded(backend, opener, request.path, request.flags));
  };
}

/** The descriptor of an open() with a callback. */
async function openedBy(original: FsFunction, self: unknown, args: readonly unknown[]): Promise<number> {
  const [error, fd] = await callWithCallback(original, self, [...args, () => undefined], args.length);
  if (error !== null && error !== undefined) throw error;
  return fd as number;
}

function open(original: FsFunction): FsFunction {
  return function (...args) {
    const at = callbackAt(args);
    const [path, flags, mode] = args.slice(0, Math.max(at, 0));
    const request = at < 0 ? undefined : readOpen(path, flags, mode);
    if (request === undefined) return Reflect.apply(original, this, args);
    const backend = selectBackend('auto');
    if ((request.flags & O_TRUNC) === 0 && backend.leaseEvents?.anyLease !== true)
      return Reflect.apply(original, this, args);
    const opener: Opener<number> = {
      open: (where, how) => asyncOnlyCall(() => openedBy(original, this, [where, how, mode])),
      descriptor: (fd) => fd,
      close: closeDescriptor,
    };
    const work = runAsync(openUnguarded(backend, opener, request.path, request.flags));
    return deliver(
      args[at],
      work.then((fd) => [null, fd]),
    );
  };
}

/** Opens as promises.open() does. */
export function handleOpener(original: FsFunction, self: unknown, mode: unknown): Opener<Handle> {
  return {
    *open(path, flags): Operation<Handle> {
      const handle = yield* asyncOnlyCall(() => Reflect.apply(original, self, [path, flags, mode]) as Promise<Handle>);
      knowHandle(handle);
      return handle;
    },
    descriptor: ({ fd }) => fd,
    close: (handle) => asyncOnlyCall(() => handle.close()),
  };
}

function openHandle(original: FsFunction): FsFunction {
  return async function (...args) {
    const [path, flags, mode] = args;
    const request = readOpen(path, flags, mode);
    if (request === undefined) return Reflect.apply(original, this, args);
    const opener = handleOpener(original, this, mode);
    return runAsync(openUnguarded(selectBackend('auto'), opener, request.path, request.flags));
  };
}

/** The path of a call of truncate(). undefined: node:fs refuses the arguments, or they have a descriptor. */
function readTruncate(path: unknown, length: unknown = 0): PathLike | undefined {
  return isPathLike(path) && Number.isSafeInteger(length) ? path : undefined;
}

function truncateSync(original: FsFunction): FsFunction {
  const ofDescriptor = descriptorWraps.ftruncateSync(original); // deprecated
  return function (...args) {
    if (typeof args[0] === 'number') return Reflect.apply(ofDescriptor, this, args);
    const truncating = (): unknown => Reflect.apply(original, this, args);
    const path = readTruncate(args[0], args[1]);
    return path === undefined
      ? truncating()
      : runSync(truncateThrough(selectBackend('auto'), path, () => quickCall(truncating)));
  };
}

function truncate(original: FsFunction): FsFunction {
  const ofDescriptor = descriptorWraps.ftruncate(original); // deprecated
  return function (...args) {
    if (typeof args[0] === 'number') return Reflect.apply(ofDescriptor, this, args);
    const at = callbackAt(args);
    const path = at < 1 ? undefined : readTruncate(args[0], at > 1 ? args[1] : 0);
    if (path === undefined) return Reflect.apply(original, this, args);
    const truncating = (): Operation<unknown> => asyncOnlyCall(() => callWithCallback(original, this, args, at));
    return deliver(args[at], runAsync(truncateThrough(selectBackend('auto'), path, truncating)) as Promise<unknown[]>);
  };
}

function truncatePromise(original: FsFunction): FsFunction {
  return async function (...args) {
    const truncating = (): Promise<unknown> => Reflect.apply(original, this, args) as Promise<unknown>;
    const path = readTruncate(args[0], args[1]);
    return path === undefined
      ? truncating()
      : runAsync(truncateThrough(selectBackend('auto'), path, () => asyncOnlyCall(truncating)));
  };
}

/** The functions of node:fs that open or resize a path. */
export const pathWraps = { openSync, open, truncateSync, truncate };
export const promisedPathWraps = { open: openHandle, truncate: truncatePromise };
