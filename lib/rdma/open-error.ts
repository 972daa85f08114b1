import { closeSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errno, isSystemError, systemError, type SystemError } from '../core/errors.js';
import { attempt, readText } from '../storage/sysfs.js';

/** Where the kernel lists its device files, and where they are. */
const LIST = '/sys/class/infiniband_verbs';
const FILES = '/dev/infiniband';

/** "/dev/infiniband/uverbs0"; undefined: the device has none. */
function fileOf(device: string): string | undefined {
  const names = attempt(() => readdirSync(LIST)) ?? [];
  const found = names.find((name) => readText(join(LIST, name, 'ibdev')) === device);
  return found === undefined ? undefined : join(FILES, found);
}

/** The negative errno of open(2); 0: the file can be opened. */
function openResult(file: string): number {
  try {
    closeSync(openSync(file, 'r+'));
    return 0;
  } catch (error) {
    return isSystemError(error) ? error.errno : 0;
  }
}

function adviceFor(result: number, file: string | undefined): string {
  const name = file ?? `${FILES}/uverbsN`;
  if (result === errno.EACCES || result === errno.EPERM)
    return `this process needs read and write rights on ${name} (udev gives them to all users where rdma-core is installed)`;
  if (result === errno.ENOENT)
    return `there is no ${name}: is the module ib_uverbs loaded? A container needs the device file, too`;
  return 'is its provider library there (ibverbs-providers), and the module ib_uverbs?';
}

/** libibverbs reports ENOENT, whatever open(2) of the device file has failed with. */
function openError(result: number, device: string): SystemError {
  const file = fileOf(device);
  const opened = result === errno.ENOENT && file !== undefined ? openResult(file) : 0;
  const cause = opened === 0 ? result : opened;
  return systemError(cause, 'ibv_open_device', device, adviceFor(cause, file));
}

/** Returns the result of a call that opens the device. @throws the errno of its device file, or of libibverbs. */
export function opened(result: number, device: string): number {
  if (result < 0) throw openError(result, device);
  return result;
}
