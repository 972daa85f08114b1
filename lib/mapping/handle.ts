import { isZeroDevice } from '../storage/inode-type.js';
import type { RegionToken } from '../backend/region.js';
import { checkAlignment } from '../backend/map-flags.js';
import type { Backend } from '../backend/backend.js';
import { constants, MAP_TYPE } from '../core/constants.js';
import { errno, invalidType, invalidValue, systemError } from '../core/errors.js';
import { checkInteger, checkOneOf, checkPositiveSize, checkSize, checkString } from '../core/validators.js';
import type { MappingResources } from './resources.js';

const { MAP_PRIVATE } = constants;

/**
 * The result of {@link Mapping.share} and the argument of {@link attach}: plain data, for postMessage and for the IPC
 * of a child process.
 */
export interface MappingHandle extends RegionToken {
  /** The version of this form. */
  readonly kind: 'mapdirect.handle.1';
  /** The process of the owner. Another process needs a descriptor for {@link attach}. */
  readonly pid: number;
  /** The backend of the owner; attach() uses the same. */
  readonly backend: 'native' | 'emulated';
  /** Device number of the file in decimal digits: it has 64 bits, too many for a number of JSON. */
  readonly dev: string;
  /** Inode number of the file, likewise. */
  readonly ino: string;
  /** Start of the mapping in the file, in bytes. */
  readonly offset: number;
  /** Bytes that the owner has mapped. */
  readonly length: number;
  /** The access that a mapping of attach() gets. */
  readonly access: 'read' | 'write';
  /** The path that the owner gave; missing for a descriptor and for anonymous memory. */
  readonly path?: string | undefined;
}

/** Mapping.share(). @throws EINVAL: another mapping cannot share this memory. */
export function handleOf(resources: MappingResources): MappingHandle {
  const region = resources.liveRegion('share');
  const { backend, access, path } = resources;
  const { file, offset, length } = region;
  if (access === 'copy')
    throw systemError(errno.EINVAL, 'share', path, "the changes of access: 'copy' are this mapping's own");
  if (file === undefined || (access === 'write' && (region.flags & MAP_TYPE) === MAP_PRIVATE)) {
    throw systemError(
      errno.EINVAL,
      'share',
      path,
      'private and anonymous memory cannot be shared; use anonymous() or a file',
    );
  }
  if (isZeroDevice(file))
    throw systemError(
      errno.EINVAL,
      'share',
      path,
      'every mapping of /dev/zero has memory of its own; use anonymous() or a file',
    );
  return {
    kind: 'mapdirect.handle.1',
    pid: process.pid,
    backend: backend.kind,
    ...region.token,
    dev: String(file.dev),
    ino: String(file.ino),
    offset,
    length,
    access,
    ...(path === undefined ? {} : { path }),
  };
}

const MOST_DESCRIPTORS = 2 ** 31 - 1;
const MOST_SLOTS = 2 ** 32 - 1; // as the addon numbers them

/** A 64-bit number as decimal text. */
function checkDecimal(value: unknown, name: string): asserts value is string {
  checkString(value, name);
  if (!/^\d{1,20}$/.test(value)) throw invalidValue(name, 'must be a number in decimal digits', value);
}

/**
 * A checked copy of a handle. It reads each field once: a getter of the caller could return another value the second
 * time.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, EINVAL (unaligned offset).
 */
export function checkHandle(value: unknown): MappingHandle {
  const given = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly [Key in keyof MappingHandle]?: unknown;
  };
  const { kind, pid, backend, table, slot, serial, fd, dev, ino, offset, length, access, path } = given;
  if (kind !== 'mapdirect.handle.1') throw invalidType('handle', 'what Mapping.share() returned', value);
  if (path !== undefined) checkString(path, 'handle.path');
  checkInteger(pid, 'handle.pid', 0);
  const checkedBackend = checkOneOf(backend, 'handle.backend', ['native', 'emulated'] as const);
  checkInteger(table, 'handle.table', 0);
  checkInteger(slot, 'handle.slot', -1, MOST_SLOTS); // -1: the emulation
  checkInteger(serial, 'handle.serial', 0);
  checkInteger(fd, 'handle.fd', -1, MOST_DESCRIPTORS);
  checkDecimal(dev, 'handle.dev');
  checkDecimal(ino, 'handle.ino');
  checkSize(offset, 'handle.offset');
  checkAlignment(offset, path);
  checkPositiveSize(length, 'handle.length');
  const checkedAccess = checkOneOf(access, 'handle.access', ['read', 'write'] as const);
  return Object.freeze({
    kind,
    pid,
    backend: checkedBackend,
    table,
    slot,
    serial,
    fd,
    dev,
    ino,
    offset,
    length,
    access: checkedAccess,
    ...(path === undefined ? {} : { path }),
  });
}

/** A descriptor of the package's own for the file of the handle. The caller checks its identity. */
export function descriptorOf(backend: Backend, handle: MappingHandle, fd: number | undefined): number {
  if (fd !== undefined) return backend.files.adopt(fd);
  if (handle.pid !== process.pid) {
    throw systemError(
      errno.EBADF,
      'attach',
      handle.path,
      'in another process attach() needs { fd }: the inherited descriptor of the file',
    );
  }
  return backend.attachDescriptor(handle, handle.path);
}
