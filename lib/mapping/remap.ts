import type { Fault, Region } from '../backend/region.js';
import { errno, mappingFault, systemError } from '../core/errors.js';
import { roundUp } from '../core/range.js';
import { isRegular } from '../storage/inode-type.js';
import type { MappingResources } from './resources.js';

const FALLOC_FL_KEEP_SIZE = 1;

/** @throws EBUSY: another thread may be using the memory, and its fault could not be told from an old one. */
function checkIdle({ busy }: Region, path: string | undefined): void {
  if (!busy) return;
  throw systemError(errno.EBUSY, 'remap', path, 'an asynchronous call of this mapping runs; await it first');
}

/** @throws ERR_MAPPING_FAULT: the file ends before the range, whatever the reason of the fault was. */
function checkLength({ file, offset, unit }: Region, fault: Fault, path: string | undefined): void {
  if (file === undefined || !isRegular(file)) return;
  const end = roundUp(file.files.stat(file.fd, path).size, unit) - offset;
  if (fault.offset + fault.length <= end) return;
  throw mappingFault({ ...fault, reason: 'truncated' }, path);
}

/** @throws ENOSPC: the disk is still full. */
function allocate(resources: MappingResources, { offset, length }: Fault): void {
  const { region, path } = resources;
  const { file } = region;
  if (file === undefined) return;
  resources.withMutationGuard('fallocate', () =>
    file.files.fallocate(file.fd, FALLOC_FL_KEEP_SIZE, region.offset + offset, length, path),
  );
}

function mapAgain(resources: MappingResources, fault: Fault): void {
  const { region, path, access } = resources;
  const { offset, length, reason } = fault;
  checkLength(region, fault, path);
  // A private mapping has no descriptor for it. The kernel allocates when the pages are read again, as on tmpfs.
  if (reason === 'nospace' && access === 'write') allocate(resources, fault);
  region.remap(offset, length);
  if (reason === 'truncated') return;
  try {
    region.populate(offset, length, /*write=*/ false);
  } catch (error) {
    throw Object.assign(populateError(resources, fault), { cause: error });
  }
}

/** The pages still cannot be read. */
function populateError({ path, access }: MappingResources, fault: Fault): Error {
  if (fault.reason === 'nospace' && access !== 'write')
    return systemError(errno.ENOSPC, 'madvise', path, 'the disk is still full; free some space');
  return mappingFault(fault, path);
}

/** Mapping.remap(), after the new faults were collected. */
export function remapLost(resources: MappingResources): void {
  const region = resources.liveRegion('remap');
  resources.checkUnused('remap');
  checkIdle(region, resources.path);
  for (const fault of resources.lostRanges) {
    mapAgain(resources, fault);
    resources.dropLost(fault);
  }
}
