import type { Progress } from '../core/progress.js';
import type { Operation } from '../core/sync-or-async.js';
import type { Target } from '../core/target.js';
import { allocateFile, removeCreated } from '../file/allocate.js';
import { populateMapping, type Mapping } from '../mapping/mapping.js';
import { withMutationGuard } from '../seals/mutation-guard.js';
import { createMapping } from './create-mapping.js';
import { openRequest, type MapRequest } from './map-request.js';
import { mappedLength } from './mapped-length.js';
import type { ParsedOptions } from './options.js';
import { NOT_ASKED, sealTarget } from './seal-outcome.js';
import { simulatedFiles, type SimulatedFile } from './simulated-files.js';

/** How the long parts of map() run. */
export interface Pace {
  /** The largest range that one fallocate(2) allocates; bytes. */
  readonly allocationPart: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Allocates the file to `minimum` bytes, or to the end of the mapping if that is further: a longer file has no hole
 * there, either.
 */
function allocate(request: MapRequest, minimum: number, pace: Pace): Operation<void> {
  const { backend, options, path, target } = request;
  const { file, created, length } = target;
  const size = Math.max(minimum, options.offset + length);
  const allocation = { path, size, created, partSize: pace.allocationPart, onProgress: pace.onProgress };
  return withMutationGuard(backend, file, path, 'fallocate', () => allocateFile(file, allocation));
}

/** Brings the pages in. If that fails, the mapping is closed. */
function* populate(mapping: Mapping, total: number, onProgress: Pace['onProgress']): Operation<void> {
  try {
    yield* populateMapping(mapping, (done) => onProgress?.({ phase: 'populate', done, total }));
  } catch (error) {
    mapping.close();
    throw error;
  }
}

/** Of the options `offset`, `length` and `size` count: they decide which memory the program sees. */
function mapSimulated(file: SimulatedFile, options: ParsedOptions): Mapping {
  if (options.size !== undefined && options.size > file.length) file.grow(options.size);
  return file.mapRange(options.offset, mappedLength(options, file.length, undefined));
}

/**
 * map() and mapAsync(): open, allocate, seal, map, populate. If a step fails, a file that was created for the mapping
 * is removed.
 */
export function* mapTarget(target: Target, options: ParsedOptions, pace: Pace): Operation<Mapping> {
  const simulated = simulatedFiles.size === 0 ? undefined : simulatedFiles.fileOf(target);
  if (simulated !== undefined) return mapSimulated(simulated, options);
  const request = openRequest(target, options);
  const { file, created, length } = request.target;
  try {
    request.backend.checkLength(length, request.path); // before the file is made longer in vain
    if (options.size !== undefined) yield* allocate(request, options.size, pace);
    const outcome =
      options.direct === undefined ? NOT_ASKED : yield* sealTarget(request, options.direct, pace.onProgress);
    const mapping = createMapping(request, outcome);
    if (options.populate) yield* populate(mapping, length, pace.onProgress);
    return mapping;
  } catch (error) {
    if (created !== undefined) removeCreated(file, created, options.size ?? 0);
    throw error;
  } finally {
    file.release();
  }
}
