import type { Progress } from './core/progress.js';
import { checkProgress, checkSignal, throwIfAborted } from './core/validators.js';
import type { Region } from './backend/region.js';
import type { Backend } from './backend/backend.js';
import { selectBackend } from './backend/select.js';
import { constants } from './core/constants.js';
import { errno, isSystemError, systemError } from './core/errors.js';
import { forcedGranularity, whatIsMissing } from './core/granularity.js';
import { growths } from './backend/map-budget.js';
import { Mapping } from './mapping/mapping.js';
import { parseMapOptions, splitMapOptions, type MapOptions, type ParsedOptions } from './map/options.js';
import { openTarget, type Opened } from './map/open-target.js';
import { acquireSeal } from './seals/acquire.js';
import { withMutationGuard } from './seals/mutation-guard.js';
import { kernelDirect, type KernelDirect } from './seals/map-direct.js';
import type { ParsedDirect, ParsedSealOptions } from './seals/options.js';
import type { SealHolder } from './seals/seal-holder.js';
import { allocateFile, allocateFileAsync, removeCreated } from './file/allocate.js';
import { asyncOnlyCall, quickCall, runAsync, runSync, type Operation } from './core/sync-or-async.js';
import { parseTarget, type Target } from './core/target.js';
import { lastingOptionsOf } from './mapping/lasting-options.js';

// Progress is told after each part.
const POPULATE_PART = 64 * 2 ** 20;

const { MAP_NORESERVE, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE } = constants;

/** The mmap(2) flags that give an access. 'read' is private too: a stray store then stays here instead of killing. */
function flagsFor(options: ParsedOptions): number {
  if (options.access === 'write') return MAP_SHARED | options.flags;
  // NORESERVE: a private mapping larger than memory would be refused as overcommit, and 'read' never needs the memory.
  return MAP_PRIVATE | (options.access === 'read' ? MAP_NORESERVE : 0) | options.flags;
}

function checkGranularity(mapping: Mapping, options: ParsedOptions): void {
  const { granularity, reasons } = mapping.durability;
  const missing = whatIsMissing(options.granularity, granularity);
  if (missing === undefined) return;
  const what = `granularity '${options.granularity}' was asked for and '${granularity}' is what there is: ${missing}`;
  throw systemError(errno.EOPNOTSUPP, 'mmap', mapping.path, [`${what}.`, ...reasons].join(' '));
}

/** @param kernelFlag - the bit of MAP_DIRECT; 0: not asked for. It counts with MAP_SHARED_VALIDATE only, as MAP_SYNC does. */
function mapRegion(
  { backend, path, opened: { file, length } }: Begun,
  options: ParsedOptions,
  kernelFlag: number,
): Region {
  return backend.map({
    file, // the region takes a reference of its own
    path,
    offset: options.offset,
    length,
    prot: PROT_READ | PROT_WRITE,
    flags: flagsFor(options) | kernelFlag,
    sync: kernelFlag !== 0 ? 'require' : options.access === 'write' ? options.sync : 'off',
    reserve: options.reserve,
    withoutWriteFaults: options.access !== 'write',
  });
}

/** The mapping over an opened and sized file. Without populate: each caller does that its own way. */
function mapOpened(begun: Begun, options: ParsedOptions, sealed: Sealed): Mapping {
  const { backend, opened, path } = begun;
  const { access } = options;
  const { seal, reasons, kernelFlag } = sealed;
  const region = mapRegion(begun, options, kernelFlag);
  const mapping = new Mapping({
    backend,
    region,
    access,
    path,
    anonymous: false,
    seal,
    reasons,
    lastingOptions: lastingOptionsOf(options),
  });
  try {
    checkGranularity(mapping, options);
    if (options.advice !== undefined) mapping.advise(options.advice);
    if (options.lock) region.lock(0, opened.length);
  } catch (error) {
    mapping.close();
    throw error;
  }
  return mapping;
}

/** What `direct` came to. */
interface Sealed {
  readonly seal: SealHolder | undefined;
  readonly reasons: readonly string[];
  readonly kernelFlag: number;
}

const NOT_SEALED: Sealed = Object.freeze({ seal: undefined, reasons: [], kernelFlag: 0 });

/** The kernel's part in the seal, or why it has none. */
function kernelFor({ policy }: ParsedSealOptions, { backend, path, opened: { file } }: Begun): KernelDirect {
  if (file.device !== undefined) return { reason: 'Its driver keeps the blocks where they are.' };
  const kernel = kernelDirect(backend, file, path);
  if (policy === 'refuse' || 'reason' in kernel) return kernel;
  return {
    reason: `MAP_DIRECT refuses everybody for as long as the mapping lives, so a seal with policy '${policy}' is kept in user space.`,
  };
}

function* sealAs(
  { demand, seal: options }: ParsedDirect,
  begun: Begun,
  end: number,
  onProgress?: (progress: Progress) => void,
): Operation<Sealed> {
  const {
    backend,
    path,
    opened: { file },
  } = begun;
  const kernel = kernelFor(options, begun);
  const reasons = 'reason' in kernel ? [kernel.reason] : [];
  if ('reason' in kernel && options.enforcement === 'kernel' && file.device === undefined)
    throw systemError(errno.EOPNOTSUPP, 'mmap', path, kernel.reason);
  try {
    const seal = yield* acquireSeal({ backend, file, path, options, end, kernel: 'flag' in kernel, onProgress });
    return { seal, reasons, kernelFlag: 'flag' in kernel ? kernel.flag : 0 };
  } catch (error) {
    // ESTALE: somebody has cut the file, and it cannot be mapped either.
    if (demand === 'require' || !isSystemError(error) || error.errno === errno.ESTALE) throw error;
    return { seal: undefined, reasons: [...reasons, `Not sealed: ${error.message}.`], kernelFlag: 0 };
  }
}

/** Before the mapping is made: preparing may move blocks. The seal ends with a mapping that comes to nothing. */
function* sealed(
  begun: Begun,
  { direct, offset }: ParsedOptions,
  onProgress?: (progress: Progress) => void,
): Operation<Sealed> {
  return direct === undefined ? NOT_SEALED : yield* sealAs(direct, begun, offset + begun.opened.length, onProgress);
}

/** The backend, the target's path, and the opened target. Nothing is changed, but the file made with `create`. */
interface Begun {
  readonly backend: Backend;
  readonly path: string | undefined;
  readonly opened: Opened;
}

function begin(target: Target, options: ParsedOptions): Begun {
  const wanted = parseTarget(target);
  forcedGranularity(); // a wrong word there is an error before anything is touched
  const backend = selectBackend(options.backend);
  backend.checkRoom(options.reserve === 0 ? growths.map : growths.reserve, wanted.path);
  return { backend, path: wanted.path, opened: openTarget(backend, wanted, options) };
}

/** How much of the file `size` allocates: no hole of the mapping is left, also where the file is longer. */
function sizeFor({ size, offset }: ParsedOptions, { length }: Opened): number | undefined {
  return size === undefined ? undefined : Math.max(size, offset + length);
}

/**
 * Maps a file: its bytes become Buffers.
 *
 * @param target - A path, a file: URL, a file descriptor or a FileHandle. A descriptor may be closed right after the call.
 * @param options - See {@link MapOptions}. An unknown option is an error.
 * @returns The mapping; what durability it got is in `mapping.durability`.
 *
 * A file that this thread maps already with the same access is not opened once more, so the process keeps its record locks (F_SETLK) on it; its
 * permissions are asked for all the same. Not promised for `size`, nor for a call that is refused while the thread has no mapping of the
 * file, nor on file systems whose inode numbers do not name one open file (docs/seals.md).
 * @throws TypeError or RangeError (ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE) for wrong arguments: then
 *   nothing was touched. A system error with code, errno, syscall and path otherwise: ENOENT, EACCES, EISDIR, EINVAL (empty
 *   file, unaligned offset), ENOSPC (with `size`), ENOMEM (also near vm.max_map_count), EOPNOTSUPP (sync: 'require' or a
 *   granularity that is not to be had), ETXTBSY (`size` of a sealed file), and with `direct` what {@link Mapping.seal} throws.
 * @example
 * const { map } = require('mapdirect');
 * const mapping = map('new.bin', { create: true, size: 4096 });
 * mapping.buffer.write('hello');
 * mapping.persist(0, 5);
 * mapping.close(); // in TypeScript: using mapping = map(...)
 */
export function map(target: Target, options?: MapOptions): Mapping {
  const parsed = parseMapOptions(options);
  const begun = begin(target, parsed);
  const { backend, path, opened } = begun;
  const { file, made, length } = opened;
  try {
    backend.checkLength(length, path); // before the file is made longer for nothing
    const size = sizeFor(parsed, opened);
    if (size !== undefined)
      runSync(
        withMutationGuard(backend, file, path, 'fallocate', () =>
          quickCall(() => allocateFile(backend, file, path, size, made)),
        ),
      );
    const mapping = mapSealed(begun, parsed, runSync(sealed(begun, parsed)));
    return parsed.populate ? populated(mapping, length) : mapping;
  } catch (error) {
    if (made !== undefined) removeCreated(file, made, parsed.size ?? 0);
    throw error;
  } finally {
    file.release();
  }
}

/** The kernel seals with the mapping, after the preparation: between the two a stranger could have moved blocks. */
function checkUnmoved(mapping: Mapping, seal: SealHolder | undefined): void {
  if (seal === undefined || runSync(seal.verify()).length === 0) return;
  mapping.close();
  throw systemError(
    errno.ETXTBSY,
    'mmap',
    mapping.path,
    'somebody moved blocks of the file while it was being sealed; map it again',
  );
}

function mapSealed(begun: Begun, parsed: ParsedOptions, given: Sealed): Mapping {
  try {
    const mapping = mapOpened(begun, parsed, given);
    if (given.kernelFlag !== 0) checkUnmoved(mapping, given.seal);
    return mapping;
  } catch (error) {
    given.seal?.release();
    throw error;
  }
}

function populated(mapping: Mapping, length: number): Mapping {
  try {
    mapping.populate(0, length);
  } catch (error) {
    mapping.close();
    throw error;
  }
  return mapping;
}

/** Options of {@link mapAsync} beyond those of {@link map}. */
export interface AsyncMapOptions extends MapOptions {
  /** Stops between two parts of an allocation or of populate. A file made here is removed, as with `create`; blocks of an older one stay. */
  signal?: AbortSignal | undefined;
  /** Told after each part; bytes. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * {@link map} whose long parts (allocating blocks for `size`, their fsync, `populate`) run off the main thread.
 *
 * @throws As map(), by rejection; and the signal's reason.
 * @example
 * import { mapAsync } from 'mapdirect';
 * const signal = AbortSignal.timeout(60_000);
 * const onProgress = ({ phase, done, total }) => console.log(`${phase}: ${done} of ${total} bytes`);
 * const mapping = await mapAsync('new.bin', { create: true, size: 2 ** 26, signal, onProgress });
 * console.log(mapping.length); // 67108864
 * mapping.close();
 */
export async function mapAsync(target: Target, options?: AsyncMapOptions): Promise<Mapping> {
  const { signal, onProgress, rest } = splitMapOptions(options);
  const parsed = parseMapOptions(rest);
  checkSignal(signal);
  checkProgress(onProgress);
  throwIfAborted(signal);
  const begun = begin(target, parsed);
  const { backend, path, opened } = begun;
  const { file, made, length } = opened;
  try {
    backend.checkLength(length, path);
    const size = sizeFor(parsed, opened);
    if (size !== undefined) {
      await runAsync(
        withMutationGuard(backend, file, path, 'fallocate', () =>
          asyncOnlyCall(() => allocateFileAsync(backend, file, path, size, made, signal, onProgress)),
        ),
      );
    }
    const mapping = mapSealed(begun, parsed, await runAsync(sealed(begun, parsed, onProgress), signal));
    if (parsed.populate) await populateAsync(mapping, length, parsed, signal, onProgress);
    return mapping;
  } catch (error) {
    if (made !== undefined) removeCreated(file, made, parsed.size ?? 0);
    throw error;
  } finally {
    file.release();
  }
}

async function populateAsync(
  mapping: Mapping,
  total: number,
  { access }: ParsedOptions,
  signal: AbortSignal | undefined,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<void> {
  try {
    for (let done = 0; done < total;) {
      const part = Math.min(POPULATE_PART, total - done);
      await mapping.prefetch(done, part, { write: access === 'write', ...(signal === undefined ? {} : { signal }) });
      done += part;
      onProgress?.({ phase: 'populate', done, total });
    }
  } catch (error) {
    mapping.close();
    throw error;
  }
}
