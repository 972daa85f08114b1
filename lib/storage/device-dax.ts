import { constants as fsConstants, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { errno, systemError } from '../core/errors.js';
import type { Identity } from './inode-id.js';
import { attempt, deviceNumber, readNumber } from './sysfs.js';

/**
 * A device-dax: persistent memory as a character device, without a file system. mmap(2) in multiples of its align is
 * its only use: read(2), write(2), msync(2), fallocate(2), ftruncate(2) and MAP_PRIVATE are EINVAL.
 */
export interface DeviceDax {
  /** The unit of offsets and lengths; bytes. */
  readonly align: number;
  /** Bytes. */
  readonly size: number;
}

const { S_IFCHR, S_IFMT } = fsConstants;

/** The alignment of a device that does not report one, in bytes: the default of ndctl. */
export const DEFAULT_DEVICE_ALIGN = 2 ** 21;

/** True if the character device belongs to the dax bus (Linux 5.1) or to the dax class. `sys` is for tests. */
export function isDeviceDax(rdev: Identity, sys = '/sys'): boolean {
  const subsystem = attempt(() => readlinkSync(`${sys}/dev/char/${deviceNumber(BigInt(rdev))}/subsystem`));
  return subsystem !== undefined && basename(subsystem) === 'dax';
}

/** An attribute: the device itself has it on the bus, its parent in the class. */
function attribute(rdev: Identity, name: string, sys: string): number | undefined {
  const device = `${sys}/dev/char/${deviceNumber(BigInt(rdev))}`;
  return readNumber(`${device}/${name}`) ?? readNumber(`${device}/device/${name}`);
}

/** The align of the device in bytes; undefined: it has no such attribute. */
export function deviceAlign(rdev: Identity, sys = '/sys'): number | undefined {
  return attribute(rdev, 'align', sys);
}

/** The device-dax behind an inode; undefined: the inode is something else. `sys` is for tests. */
export function deviceDaxOf(
  { mode, rdev }: { readonly mode: number; readonly rdev: Identity },
  sys = '/sys',
): DeviceDax | undefined {
  if ((mode & S_IFMT) !== S_IFCHR || !isDeviceDax(rdev, sys)) return undefined;
  return { align: deviceAlign(rdev, sys) ?? DEFAULT_DEVICE_ALIGN, size: attribute(rdev, 'size', sys) ?? 0 };
}

/** @throws EINVAL, as mmap(2), with the nearest multiples of the align. */
export function checkDeviceMultiple(value: number, name: string, { align }: DeviceDax, path: string | undefined): void {
  if (value % align === 0) return;
  const [below, above] = [Math.floor(value / align) * align, Math.ceil(value / align) * align];
  const right = below === 0 ? `${above}` : `${below} or ${above}`;
  throw systemError(
    errno.EINVAL,
    'mmap',
    path,
    `${name} ${value} is not a multiple of ${align}, the align of this device-dax; ${right} is`,
  );
}
