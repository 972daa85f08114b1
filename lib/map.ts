import { publishError } from './core/channels.js';
import type { Progress } from './core/progress.js';
import { runAsync, runSync } from './core/sync-or-async.js';
import type { Target } from './core/target.js';
import { checkProgress, checkSignal, throwIfAborted } from './core/validators.js';
import { mapTarget } from './map/map-target.js';
import { parseMapOptions, splitMapOptions, type MapOptions } from './map/options.js';
import type { Mapping } from './mapping/mapping.js';

/** Bytes that mapAsync() allocates at a time. map() allocates everything in one call. */
const ALLOCATION_PART = 2 ** 30;

/**
 * Maps a file: its bytes become Buffers.
 *
 * @param target - A path, a file: URL, a file descriptor or a FileHandle. A descriptor may be closed right after the
 *   call.
 * @param options - See {@link MapOptions}. An unknown option is an error.
 * @returns The mapping. `mapping.durability` tells the durability that it has.
 *
 * A file that this thread maps already with the same access is not opened again, so the process keeps its record locks
 * (F_SETLK) on the file. The permissions are checked all the same. Not promised: (1) with `size`; (2) for a call that
 * fails while the thread has no mapping of the file; (3) on file systems whose inode numbers do not name one open file
 * (docs/seals.md).
 * @throws TypeError or RangeError (ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE) for wrong arguments:
 *   then nothing was touched. A system error with code, errno, syscall and path otherwise: ENOENT, EACCES, EISDIR,
 *   EINVAL (empty file, unaligned offset), ENOSPC (with `size`), ENOMEM (also near vm.max_map_count), EOPNOTSUPP (sync:
 *   'require' or a granularity that is not available), ETXTBSY (`size` of a sealed file), and with `direct` the errors
 *   of {@link Mapping.seal}.
 * @example
 * const { map } = require('mapdirect');
 * const mapping = map('new.bin', { create: true, size: 4096 });
 * mapping.buffer.write('hello');
 * mapping.persist(0, 5);
 * mapping.close(); // in TypeScript: using mapping = map(...)
 */
export function map(target: Target, options?: MapOptions): Mapping {
  const parsed = parseMapOptions(options);
  try {
    return runSync(mapTarget(target, parsed, { allocationPart: Infinity }));
  } catch (error) {
    publishError('map', error);
    throw error;
  }
}

/** Options of {@link mapAsync} beyond those of {@link map}. */
export interface AsyncMapOptions extends MapOptions {
  /**
   * An abort stops the call between two parts of an allocation, of a seal or of populate. A file that the call created
   * is removed, as with `create`. An existing file keeps the blocks that it got.
   */
  signal?: AbortSignal | undefined;
  /** Called after each part. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * {@link map}, with its long parts off the main thread: the allocation of blocks for `size`, their fsync, the
 * preparation of a seal, and `populate`.
 *
 * @throws The errors of map(), and the reason of the signal, by rejection.
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
  try {
    return await runAsync(mapTarget(target, parsed, { allocationPart: ALLOCATION_PART, onProgress }), signal);
  } catch (error) {
    publishError('mapAsync', error);
    throw error;
  }
}
