import { growths } from '../backend/map-budget.js';
import type { Region } from '../backend/region.js';
import { errno, mappingFault, systemError } from '../core/errors.js';
import { checkPositiveSize } from '../core/validators.js';
import { growFile } from '../file/allocate.js';
import { checkDeviceMultiple } from '../storage/device-dax.js';
import { applyToNewPages } from './lasting-options.js';
import type { MappingResources } from './resources.js';
import type { Windows } from './windows.js';

/** Mapping.resize(). `windows`: undefined if none was made yet. */
export function resize(resources: MappingResources, windows: Windows | undefined, length: number): void {
  const region = resources.liveRegion('resize');
  checkPositiveSize(length, 'length');
  resources.checkUnused('resize');
  checkWhole(resources, Math.min(length, region.length));
  const device = region.file?.device;
  if (device !== undefined) checkDeviceMultiple(length, 'length', device, resources.path);
  if (length === region.length) return;
  resources.withMutationGuard('ftruncate', () => resizeUnsealed(resources, windows, length));
}

function resizeUnsealed(resources: MappingResources, windows: Windows | undefined, length: number): void {
  const { backend, region, path } = resources;
  const before = region.length;
  resources.checkRoom(growths.resize); // before a view is detached or the file is made longer
  if (length > before) {
    backend.checkLength(length, path);
    growFile(region, resources.access, length, path);
  } else {
    checkIdle(region, path);
    windows?.detachPast(region, length);
  }
  const after = region.resize(length);
  applyLastingOptions(resources, after, before);
  resources.replaceRegion(after, before);
  if (after === region) return;
  windows?.detachAll(region);
  region.closeLater(); // the resize has succeeded, and a failure here must not change that
}

/** @throws ERR_MAPPING_FAULT: a range that stays in the mapping is lost, and a move would hide that. */
function checkWhole(resources: MappingResources, length: number): void {
  const lost = resources.lostIn(0, length);
  if (lost !== undefined) throw mappingFault(lost, resources.path);
}

/** An asynchronous flush of pages that the mapping gives up would succeed on their placeholder, and prove nothing. */
function checkIdle({ busy }: Region, path: string | undefined): void {
  if (!busy) return;
  const remedy = 'an asynchronous flush, prefetch, wait or read stream of this mapping runs; await it first';
  throw systemError(errno.EBUSY, 'resize', path, remedy);
}

/** Applies `lock` and `advice` of map() to the new pages of `after`. */
function applyLastingOptions({ region, lastingOptions }: MappingResources, after: Region, before: number): void {
  const from = after === region ? before : 0;
  if (lastingOptions === undefined || after.length <= from) return;
  try {
    applyToNewPages(after, lastingOptions, from, after.length - from);
  } catch (error) {
    if (after === region) region.resize(before);
    else after.close();
    throw error;
  }
}
