import { deviceNumber } from './sysfs.js';
import { readNumber } from './sysfs.js';
import { attempt } from './sysfs.js';
import { constants as fsConstants, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { errno, systemError } from '../core/errors.js';
import type { Identity } from './inode-id.js';

/**
 * A device-dax: persistent memory as a character device, without a file system. It can be mapped, in multiples of its
 * align, and nothing else: read(2), write(2), msync(2), fallocate(2) and ftruncate(2) are EINVAL, and so is MAP_PRIVATE.
 */
export interface DeviceDax {
  /** Offsets and lengths are multiples of it; bytes. */
  readonly align: number;
  /** Bytes. */
  readonly size: number;
}

const { S_IFCHR, S_IFMT } = fsConstants;

/** The alignment of a device that does not report one, in bytes: the default of ndctl. */
export const DEFAULT_DEVICE_ALIGN = 2 ** 21;

/** Does the character device belong to the dax bus (Linux 5.1) or class? */
export function isDeviceDax(rdev: Identity, sys = '/sys'): boolean {
  const subsystem = attempt(() => readlinkSync(`${sys}/dev/char/${deviceNumber(BigInt(rdev))}/subsystem`));
  return subsystem !== undefined && basename(subsystem) === 'dax';
}

/** An attribute of the device itself on the bus, of its parent in the class. */
function attribute(rdev: Identity, name: string, sys: string): number | undefined {
  const device = `${sys}/dev/char/${deviceNumber(BigInt(rdev))}`;
  return readNumber(`${device}/${name}`) ?? readNumber(`${device}/device/${name}`);
}

/** Its alignment in bytes; undefined: it does not say. */
export function deviceAlign(rdev: Identity, sys = '/sys'): number | undefined {
  return attribute(rdev, 'align', sys);
}

/** What an inode is, if it is a device-dax. `sys` is for tests. */
export function deviceDaxOf(
  { mode, rdev }: { readonly mode: number; readonly rdev: Identity },
  sys = '/sys',
): DeviceDax | undefined {
  if ((mode & S_IFMT) !== S_IFCHR || !isDeviceDax(rdev, sys)) return undefined;
  return { align: deviceAlign(rdev, sys) ?? DEFAULT_DEVICE_ALIGN, size: attribute(rdev, 'size', sys) ?? 0 };
}

/** EINVAL, as mmap(2) says it, with the value that would be right. */
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
