import type { Backend, Region, RegionToken } from './backend/backend.js';
import { constants, MAP_TYPE } from './constants.js';
import { isZeroDevice } from './device-node.js';
import { errno, invalidType, outOfRange, systemError } from './errors.js';
import { checkAlignment, type Access } from './options.js';
import { checkPositiveSize, checkSize } from './range.js';
import { checkWord } from './words.js';

const { MAP_PRIVATE } = constants;

/**
 * What {@link Mapping.share} gives and {@link attach} takes: plain data, fit for postMessage and for a child's IPC.
 */
export interface MappingHandle extends RegionToken {
  readonly kind: 'mapdirect.handle.1';
  readonly pid: number;
  readonly backend: 'native' | 'emulated';
  /** Identity of the file, as decimal text (they are 64-bit numbers, and JSON has none). */
  readonly dev: string;
  readonly ino: string;
  readonly offset: number;
  readonly length: number;
  readonly access: 'read' | 'write';
  readonly path?: string;
}

/** @throws EINVAL where there is nothing that another mapping could share. */
export function handleOf(region: Region, access: Access, path: string | undefined): MappingHandle {
  const { file, offset, length } = region;
  if (access === 'copy') throw systemError(errno.EINVAL, 'share', path, "the changes of access: 'copy' are this mapping's own");
  if (file === undefined || (access === 'write' && (region.flags & MAP_TYPE) === MAP_PRIVATE)) {
    throw systemError(errno.EINVAL, 'share', path, 'private and anonymous memory cannot be shared; use anonymous() or a file');
  }
  if (isZeroDevice(file)) throw systemError(errno.EINVAL, 'share', path, 'every mapping of /dev/zero has memory of its own; use anonymous() or a file');
  const backend = region.address === 0n ? 'emulated' : 'native';
  return {
    kind: 'mapdirect.handle.1',
    pid: process.pid,
    backend,
    ...region.token,
    dev: String(file.dev),
    ino: String(file.ino),
    offset,
    length,
    access,
    ...(path === undefined ? {} : { path }),
  };
}

function checkInteger(value: unknown, name: string): void {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!Number.isSafeInteger(value)) throw outOfRange(name, 'an integer >= -(2 ** 53 - 1) and <= 2 ** 53 - 1', value);
}

function checkString(value: unknown, name: string): void {
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value);
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, EINVAL (unaligned offset). */
export function checkHandle(value: unknown): MappingHandle {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;
  if (kind !== 'mapdirect.handle.1') throw invalidType('handle', 'what Mapping.share() returned', value);
  const handle = value as MappingHandle;
  checkWord(handle.backend, 'handle.backend', ['native', 'emulated']);
  checkWord(handle.access, 'handle.access', ['read', 'write']);
  for (const key of ['pid', 'table', 'slot', 'serial', 'fd'] as const) checkInteger(handle[key], `handle.${key}`);
  for (const key of ['dev', 'ino'] as const) checkString(handle[key], `handle.${key}`);
  if (handle.path !== undefined) checkString(handle.path, 'handle.path');
  checkSize(handle.offset, 'handle.offset');
  checkPositiveSize(handle.length, 'handle.length');
  checkAlignment(handle.offset, handle.path);
  return handle;
}

/** A descriptor of ours for the handle's file; the caller checks its identity. */
export function descriptorOf(backend: Backend, handle: MappingHandle, fd: number | undefined): number {
  if (fd !== undefined) return backend.files.adopt(fd);
  if (handle.pid !== process.pid) {
    throw systemError(errno.EBADF, 'attach', handle.path, 'in another process attach() needs { fd }: the inherited descriptor of the file');
  }
  return backend.attachDescriptor(handle, handle.path);
}
