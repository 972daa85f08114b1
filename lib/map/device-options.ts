import { errno, systemError } from '../core/errors.js';
import { checkDeviceMultiple, type DeviceDax } from '../storage/device-dax.js';
import type { ParsedOptions } from './options.js';

/** Checks the options that a device-dax refuses and a file accepts. @throws EOPNOTSUPP, EINVAL. */
export function checkDeviceOptions(options: ParsedOptions, device: DeviceDax, path: string | undefined): void {
  const { access, sync, reserve, offset, length, size } = options;
  const refuse = (why: string): never => {
    throw systemError(errno.EOPNOTSUPP, 'mmap', path, why);
  };
  if (access !== 'write')
    refuse(`a device-dax has shared mappings only, so there is no access: '${access}'; map it with access: 'write'`);
  if (sync === 'off') refuse("a device-dax has no msync(2) to persist with; leave sync out, or give sync: 'auto'");
  if (reserve !== 0) refuse('a device-dax does not grow: leave reserve out');
  if (size !== undefined && size > device.size) refuse(`the device has ${device.size} bytes and cannot have ${size}`);
  checkDeviceMultiple(offset, 'offset', device, path);
  if (length !== undefined) checkDeviceMultiple(length, 'length', device, path);
}
