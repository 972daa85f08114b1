import type { Backend, Region } from './backend/backend.js';
import { selectBackend } from './backend/select.js';
import type { BackingFile } from './backing-file.js';
import { adviceNumbers, constants } from './constants.js';
import { errno, invalidType, systemError } from './errors.js';
import { forcedGranularity, whatIsMissing } from './granularity.js';
import { Mapping } from './mapping.js';
import { parseMapOptions, type MapOptions, type ParsedOptions } from './options.js';
import { openTarget, type Opened } from './open-target.js';
import { checkSignal } from './signal.js';
import { allocateFile, allocateFileAsync, removeCreated, type Progress } from './size-file.js';
import { parseTarget, type Target } from './target.js';

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

function mapRegion(backend: Backend, file: BackingFile, length: number, options: ParsedOptions): Region {
  return backend.map({
    file, // the region takes a reference of its own
    offset: options.offset,
    length,
    prot: PROT_READ | PROT_WRITE,
    flags: flagsFor(options),
    sync: options.access === 'write' ? options.sync : 'off',
    reserve: options.reserve,
  });
}

/** The mapping over an opened and sized file. Without populate: each caller does that its own way. */
function mapOpened(backend: Backend, opened: Opened, options: ParsedOptions, path: string | undefined): Mapping {
  const { access } = options;
  const region = mapRegion(backend, opened.file, opened.length, options);
  const mapping = new Mapping({ backend, region, access, path });
  try {
    checkGranularity(mapping, options);
    if (options.advice !== undefined) region.advise(adviceNumbers[options.advice], 0, opened.length);
    if (options.lock) region.lock(0, opened.length);
  } catch (error) {
    mapping.close();
    throw error;
  }
  return mapping;
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
  backend.checkRoom();
  return { backend, path: wanted.path, opened: openTarget(backend, wanted, options) };
}

/**
 * Maps a file: its bytes become Buffers.
 *
 * @param target - A path, a file: URL, a file descriptor or a FileHandle. A descriptor may be closed right after the call.
 * @param options - See {@link MapOptions}. An unknown option is an error.
 * @returns The mapping; what durability it got is in `mapping.durability`.
 * @throws TypeError or RangeError (ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE) for wrong arguments: then
 *   nothing was touched. A system error with code, errno, syscall and path otherwise: ENOENT, EACCES, EISDIR, EINVAL (empty
 *   file, unaligned offset), ENOSPC (with `size`), ENOMEM (also near vm.max_map_count), EOPNOTSUPP (sync: 'require' or a
 *   granularity that is not to be had).
 * @example
 * const { map } = require('mapdirect');
 * using mapping = map('data.bin', { create: true, size: 4096 });
 * mapping.buffer.write('hello');
 * mapping.persist(0, 5);
 */
export function map(target: Target, options?: MapOptions): Mapping {
  const parsed = parseMapOptions(options);
  const { backend, path, opened } = begin(target, parsed);
  const { file, created, length } = opened;
  try {
    backend.checkLength(length, path); // before the file is made longer for nothing
    if (parsed.size !== undefined) allocateFile(backend, file, parsed.size, created);
    const mapping = mapOpened(backend, opened, parsed, path);
    return parsed.populate ? populated(mapping, length) : mapping;
  } catch (error) {
    if (created) removeCreated(file);
    throw error;
  } finally {
    file.release();
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
  /** Stops between two parts of an allocation or of populate. A file made here is removed; blocks of an older one stay. */
  signal?: AbortSignal;
  /** Told after each part; bytes. */
  onProgress?: (progress: Progress) => void;
}

/**
 * {@link map} whose long parts (allocating blocks for `size`, their fsync, `populate`) run off the main thread.
 *
 * @throws As map(), by rejection; and the signal's reason.
 */
export async function mapAsync(target: Target, options?: AsyncMapOptions): Promise<Mapping> {
  const { signal, onProgress, ...rest } = options ?? {};
  const parsed = parseMapOptions(Object(options) === options ? rest : options);
  checkSignal(signal);
  if (onProgress !== undefined && typeof onProgress !== 'function') throw invalidType('options.onProgress', 'of type function', onProgress);
  signal?.throwIfAborted();
  const { backend, path, opened } = begin(target, parsed);
  const { file, created, length } = opened;
  try {
    backend.checkLength(length, path);
    if (parsed.size !== undefined) await allocateFileAsync(backend, file, parsed.size, created, signal, onProgress);
    const mapping = mapOpened(backend, opened, parsed, path);
    if (parsed.populate) await populateAsync(mapping, length, parsed, signal, onProgress);
    return mapping;
  } catch (error) {
    if (created) removeCreated(file);
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
    for (let done = 0; done < total; ) {
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
