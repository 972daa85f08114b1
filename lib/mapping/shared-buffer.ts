import { constants, MAP_TYPE } from '../core/constants.js';
import { errno, systemError } from '../core/errors.js';
import { bindWindow } from './owned-window.js';
import type { MappingResources } from './resources.js';
import { checkReadable, checkViewRange } from './view-checks.js';

const { MAP_PRIVATE } = constants;

/** Mapping.sharedArrayBuffer() of `owner`. */
export function sharedBuffer(
  owner: object,
  resources: MappingResources,
  offset: number,
  length: number,
): SharedArrayBuffer {
  const region = resources.liveRegion('sharedArrayBuffer');
  const { path } = resources;
  checkViewRange(offset, length, region.length);
  checkReadable(region, 'sharedArrayBuffer', path);
  if ((region.flags & MAP_TYPE) === MAP_PRIVATE) {
    const remedy = "a private mapping is not for sharing; map with access: 'write'";
    throw systemError(errno.EOPNOTSUPP, 'sharedArrayBuffer', path, remedy);
  }
  const buffer = region.sharedWindow(offset, length);
  resources.hasSharedBuffer = true;
  return bindWindow(buffer, owner, region, offset);
}
