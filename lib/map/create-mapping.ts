import type { Region } from '../backend/region.js';
import { constants } from '../core/constants.js';
import { errno, systemError } from '../core/errors.js';
import { missingFor } from '../core/granularity.js';
import { lastingOptionsOf } from '../mapping/lasting-options.js';
import { mappingOf, type Mapping } from '../mapping/mapping.js';
import { runSync } from '../core/sync-or-async.js';
import type { SealHolder } from '../seals/seal-holder.js';
import type { MapRequest } from './map-request.js';
import type { ParsedOptions } from './options.js';
import type { SealOutcome } from './seal-outcome.js';

const { MAP_NORESERVE, MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE } = constants;

/**
 * The mmap(2) flags of an access. 'read' is private, too: a stray store then stays in this process and does not kill
 * it.
 */
function flagsFor({ access, flags }: ParsedOptions): number {
  if (access === 'write') return MAP_SHARED | flags;
  // NORESERVE: without it a private mapping larger than memory is refused as overcommit. 'read' never needs the memory.
  return MAP_PRIVATE | (access === 'read' ? MAP_NORESERVE : 0) | flags;
}

/**
 * @param kernelFlag - the flag MAP_DIRECT, or 0. It counts with MAP_SHARED_VALIDATE only, which MAP_SYNC needs, too.
 */
function mapRegion({ backend, path, target, options }: MapRequest, kernelFlag: number): Region {
  return backend.map({
    file: target.file, // the region takes a reference of its own
    path,
    offset: options.offset,
    length: target.length,
    prot: PROT_READ | PROT_WRITE,
    flags: flagsFor(options) | kernelFlag,
    sync: kernelFlag !== 0 ? 'require' : options.access === 'write' ? options.sync : 'off',
    reserve: options.reserve,
    unguarded: !options.faultGuard,
    withoutWriteFaults: options.access !== 'write',
  });
}

/** @throws EOPNOTSUPP if the mapping flushes in coarser units than the options accept. */
function checkGranularity(mapping: Mapping, options: ParsedOptions): void {
  const { granularity, reasons } = mapping.durability;
  const missing = missingFor(options.granularity, granularity);
  if (missing === undefined) return;
  const difference = `granularity '${options.granularity}' was asked for and '${granularity}' is what there is: ${missing}`;
  throw systemError(errno.EOPNOTSUPP, 'mmap', mapping.path, [`${difference}.`, ...reasons].join(' '));
}

/**
 * The kernel seals when it maps, which is after the preparation: another process may have moved blocks between the two.
 */
function checkUnmoved({ path }: Mapping, seal: SealHolder | undefined): void {
  if (seal === undefined || runSync(seal.verify()).length === 0) return;
  throw systemError(
    errno.ETXTBSY,
    'mmap',
    path,
    'another process moved blocks of the file while it was being sealed; map it again',
  );
}

/** Applies the options to a new mapping. */
function finish(
  mapping: Mapping,
  region: Region,
  { options, target }: MapRequest,
  { seal, kernelFlag }: SealOutcome,
): void {
  checkGranularity(mapping, options);
  if (options.advice !== undefined) mapping.advise(options.advice);
  if (options.lock) region.lock(0, target.length);
  if (kernelFlag !== 0) checkUnmoved(mapping, seal);
}

/** Maps the opened, sized and sealed target. The mapping owns the seal. Not yet populated. */
export function createMapping(request: MapRequest, outcome: SealOutcome): Mapping {
  const { backend, options } = request;
  const { seal, reasons, kernelFlag } = outcome;
  try {
    const region = mapRegion(request, kernelFlag);
    const mapping = mappingOf({
      backend,
      region,
      access: options.access,
      anonymous: false,
      seal,
      reasons,
      lastingOptions: lastingOptionsOf(options),
    });
    try {
      finish(mapping, region, request, outcome);
    } catch (error) {
      mapping.close();
      throw error;
    }
    return mapping;
  } catch (error) {
    seal?.release();
    throw error;
  }
}
