import { constants as fsConstants, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import { selectBackend } from '../../backend/select.js';
import { sealedError } from '../../seals/mutation-guard.js';
import { runAsync, runSync, call, type Operation, quickCall, asyncOnlyCall } from '../../core/sync-or-async.js';
import { copyFile, copySealed, guardCopy, isSealed, type FileCopy } from '../copy-file.js';
import { asyncFs, syncFs } from '../../core/captured-fs.js';
import { pathName } from '../path.js';
import { callbackAt, callWithCallback, deliver, isPathLike, releasingCallback } from './call-forms.js';
import type { FsFunction } from './patch.js';

const { COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = fsConstants;
const MODES = COPYFILE_EXCL | COPYFILE_FICLONE | COPYFILE_FICLONE_FORCE;

/** undefined: node:fs refuses the arguments. */
function readCopy(source: unknown, destination: unknown, mode: unknown): FileCopy | undefined {
  const bits = mode ?? 0;
  if (!isPathLike(source) || !isPathLike(destination)) return undefined;
  return typeof bits === 'number' && Number.isInteger(bits) && bits >= 0 && bits <= MODES
    ? { source, destination, mode: bits }
    : undefined;
}

function copyFileSync(original: FsFunction): FsFunction {
  return function (...args) {
    const copy = readCopy(args[0], args[1], args[2]);
    if (copy === undefined) return Reflect.apply(original, this, args);
    return runSync(copyFile(selectBackend('auto'), copy, () => quickCall(() => Reflect.apply(original, this, args))));
  };
}

function copyFileCallback(original: FsFunction): FsFunction {
  return function (...args) {
    const at = callbackAt(args);
    const [source, destination, mode] = args.slice(0, Math.max(at, 0));
    const copy = at < 0 ? undefined : readCopy(source, destination, mode);
    if (copy === undefined) return Reflect.apply(original, this, args);
    const copying = (): Operation<unknown> => asyncOnlyCall(() => callWithCallback(original, this, args, at));
    const work = runAsync(copyFile(selectBackend('auto'), copy, copying));
    return deliver(
      args[at],
      work.then((results) => (results === undefined ? [null] : (results as unknown[]))),
    );
  };
}

function copyFilePromise(original: FsFunction): FsFunction {
  return async function (...args) {
    const copy = readCopy(args[0], args[1], args[2]);
    const copying = (): Promise<unknown> => Reflect.apply(original, this, args) as Promise<unknown>;
    return copy === undefined
      ? copying()
      : runAsync(copyFile(selectBackend('auto'), copy, () => asyncOnlyCall(copying)));
  };
}

interface CopyOptions {
  dereference?: boolean;
  filter?: (source: string, destination: string) => unknown;
  force?: boolean;
  mode?: number;
  preserveTimestamps?: boolean;
}

function isOptions(options: unknown): options is CopyOptions | undefined {
  if (options === undefined) return true;
  if (typeof options !== 'object' || options === null) return false;
  const { filter } = options as CopyOptions;
  return filter === undefined || typeof filter === 'function';
}

function* copyTimes({ source, destination }: FileCopy): Operation<void> {
  const { atime, mtime } = yield* call(
    () => syncFs.statSync(source),
    () => asyncFs.statPlain(source),
  );
  yield* call(
    () => syncFs.utimesSync(destination, atime, mtime),
    () => asyncFs.utimes(destination, atime, mtime),
  );
}

/** The status of a name; undefined: it does not exist. */
function* statusIfThere(path: string, { follow }: { follow: boolean }): Operation<BigIntStats | undefined> {
  const [statNow, statLater] = follow ? [syncFs.statSync, asyncFs.stat] : [syncFs.lstatSync, asyncFs.lstat];
  try {
    return yield* call(
      () => statNow(path, { bigint: true }),
      () => statLater(path, { bigint: true }),
    );
  } catch {
    return undefined;
  }
}

function* makeParents(path: string): Operation<void> {
  const parent = dirname(path);
  yield* call(
    () => void syncFs.mkdirSync(parent, { recursive: true }),
    () => asyncFs.mkdir(parent, { recursive: true }),
  );
}

/** The copy of a sealed file in place of cp()'s own. It replaces the destination and never writes into it. */
function* cpSealed(copy: FileCopy, options: CopyOptions): Operation<void> {
  if (copy.replaces !== true) yield* makeParents(pathName(copy.destination));
  yield* copySealed(selectBackend('auto'), copy);
  if (options.preserveTimestamps === true) yield* copyTimes(copy);
}

/** Guards the entries of a cp() one after the other: each from the moment before its copy until the next entry. */
class CpGuard {
  private release = (): void => undefined;

  constructor(private readonly options: CopyOptions) {}

  /** @returns false: the source is sealed, and was copied here; cp() has nothing to do. */
  *next(source: string, destination: string): Operation<boolean> {
    this.end();
    const { dereference = false, force = true, mode = 0 } = this.options;
    const from = yield* statusIfThere(source, { follow: dereference });
    const to = yield* statusIfThere(destination, { follow: dereference });
    const isFile = from !== undefined && !from.isSymbolicLink() && !from.isDirectory();
    const stays = to !== undefined && (!force || to.isDirectory() || (to.dev === from?.dev && to.ino === from.ino));
    if (!isFile || stays) return true; // cp() copies no file: it makes a link or a directory, changes nothing, or fails
    const replacesLink = (yield* statusIfThere(destination, { follow: false }))?.isSymbolicLink() === true;
    return yield* this.guard({ source, destination, mode, replaces: to !== undefined }, replacesLink);
  }

  private *guard(copy: FileCopy, replacesLink: boolean): Operation<boolean> {
    const { source, destination, release } = yield* guardCopy(selectBackend('auto'), copy, replacesLink);
    this.release = release;
    if (isSealed(destination)) throw sealedError('cp', pathName(copy.destination));
    if (!isSealed(source)) return true;
    yield* cpSealed(copy, this.options);
    return false;
  }

  end(): void {
    this.release();
    this.release = () => undefined;
  }
}

function cpSync(original: FsFunction): FsFunction {
  return function (source, destination, options) {
    if (!isOptions(options)) return Reflect.apply(original, this, [source, destination, options]);
    const guard = new CpGuard(options ?? {});
    const filter = (from: string, to: string): boolean =>
      (options?.filter === undefined || Boolean(options.filter(from, to))) && runSync(guard.next(from, to));
    try {
      return Reflect.apply(original, this, [source, destination, { ...options, filter }]);
    } finally {
      guard.end();
    }
  };
}

/** The options of an asynchronous cp(), with the guard in its filter. */
function filtered(options: CopyOptions | undefined, guard: CpGuard): CopyOptions {
  const userFilter = options?.filter;
  return {
    ...options,
    filter: async (from, to) =>
      (userFilter === undefined || Boolean(await userFilter(from, to))) && runAsync(guard.next(from, to)),
  };
}

function cp(original: FsFunction): FsFunction {
  return function (...args) {
    const at = callbackAt(args);
    const [source, destination, options] = args.slice(0, Math.max(at, 0));
    if (at < 0 || !isOptions(options)) return Reflect.apply(original, this, args);
    const guard = new CpGuard(options ?? {});
    const callback = releasingCallback(() => guard.end(), args[at] as FsFunction);
    return Reflect.apply(original, this, [source, destination, filtered(options, guard), callback]);
  };
}

function cpPromise(original: FsFunction): FsFunction {
  return async function (source, destination, options) {
    if (!isOptions(options)) return Reflect.apply(original, this, [source, destination, options]);
    const guard = new CpGuard(options ?? {});
    try {
      return await Reflect.apply(original, this, [source, destination, filtered(options, guard)]);
    } finally {
      guard.end();
    }
  };
}

/** The functions of node:fs that copy files. */
export const copyWraps = { copyFileSync, copyFile: copyFileCallback, cpSync, cp };
export const promisedCopyWraps = { copyFile: copyFilePromise, cp: cpPromise };
