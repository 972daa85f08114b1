import type { Backend, Region, RegionToken } from './backend/backend.js';
import { constants, MAP_TYPE } from './constants.js';
import { errno, invalidType, systemError } from './errors.js';
import type { Access } from './options.js';

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

/** @throws ERR_INVALID_ARG_TYPE */
export function checkHandle(value: unknown): MappingHandle {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;
  if (kind !== 'mapdirect.handle.1') throw invalidType('handle', 'what Mapping.share() returned', value);
  return value as MappingHandle;
}

/** A descriptor of ours for the handle's file; the caller checks its identity. */
export function descriptorOf(backend: Backend, handle: MappingHandle, fd: number | undefined): number {
  if (fd !== undefined) return backend.files.adopt(fd);
  if (handle.pid !== process.pid) {
    throw systemError(errno.EBADF, 'attach', handle.path, 'in another process attach() needs { fd }: the inherited descriptor of the file');
  }
  return backend.attachDescriptor(handle, handle.path);
}
