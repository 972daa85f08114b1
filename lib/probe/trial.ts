import { constants as fs } from 'node:fs';
import type { Addon } from '../backend/native/addon.js';
import { openScratch } from '../backend/native/scratch-file.js';
import { selectBackend } from '../backend/select.js';
import { constants } from '../core/constants.js';
import { errno, errnoName, systemError } from '../core/errors.js';
import { fileSystemOf, isMadeByKernel } from '../storage/file-systems.js';
import { identity } from '../storage/inode-id.js';
import { checkPermission } from '../core/permission.js';
import type { TargetLocation } from './target-location.js';

/** What the kernel answered about one file, each tried for real: 0 or a negative errno. */
export interface FileTrial {
  /** f_type; undefined: fstatfs(2) failed. */
  readonly fileSystem: number | undefined;
  /** The file is on DAX; undefined: the kernel does not say. */
  readonly dax: boolean | undefined;
  /** MAP_SHARED_VALIDATE | MAP_SYNC. */
  readonly mapSync: number;
  /** MAP_SHARED alone, asked only where `mapSync` is EINVAL: it would move the access time. */
  readonly shared: number | undefined;
  readonly extents: number;
}

/** Nothing could be tried: why, in a sentence. */
export interface TrialRefusal {
  readonly refused: string;
}

function withScratch<T>(addon: Addon, directory: string, use: (fd: number) => T): T | TrialRefusal {
  const fd = openScratch(addon, directory);
  if (fd < 0) {
    const refused = `No scratch file could be made in '${directory}' (${errnoName(fd)}), so nothing could be tried there.`;
    return { refused };
  }
  try {
    return use(fd);
  } finally {
    addon.closeDescriptor(fd);
  }
}

const openAdvice: Readonly<Record<string, string>> = {
  EACCES: 'a file must be readable to be probed',
  EAGAIN: 'somebody holds a lease on the file and has been asked to give it up; try again',
};

/** The user's file, for reading only. O_NONBLOCK: never waits, for a lease or for a device. */
function openForTrial(addon: Addon, path: string): number {
  const flags = fs.O_RDONLY | fs.O_NONBLOCK | fs.O_NOCTTY;
  checkPermission(path, flags);
  // mmap(2) counts as an access. Only the owner may say O_NOATIME; for others the access time is as any reader leaves it.
  const quiet = addon.open(path, flags | fs.O_NOATIME, 0);
  const fd = quiet === errno.EPERM ? addon.open(path, flags, 0) : quiet;
  if (fd >= 0) return fd;
  throw systemError(fd, 'open', path, openAdvice[errnoName(fd)]);
}

/** A mapping that is granted moves the access time: it is asked for only where it may be refused. */
function mayHaveNoMappings(type: number): boolean {
  const fileSystem = fileSystemOf(type);
  return isMadeByKernel(fileSystem) || fileSystem.domain === 'unknown';
}

function tryFile(addon: Addon, fd: number, unit: number): FileTrial {
  const type = addon.fileSystem(fd);
  const dax = addon.stat(fd) === 0 ? new Float64Array(addon.registers)[7] : -1;
  const { PROT_READ, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SYNC } = constants;
  const mapSync = addon.tryMap(fd, unit, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC);
  const asksPlainly = mapSync === errno.EINVAL || (mapSync < 0 && mayHaveNoMappings(type));
  return {
    fileSystem: type < 0 ? undefined : type,
    dax: dax === -1 ? undefined : dax === 1,
    mapSync,
    shared: asksPlainly ? addon.tryMap(fd, unit, PROT_READ, MAP_SHARED) : undefined,
    extents: addon.tryExtents(fd),
  };
}

function tryLeaseBeside(addon: Addon, { kind, directory, status }: TargetLocation): number | TrialRefusal {
  if (kind !== 'file' && kind !== 'directory') return { refused: 'Only regular files have leases.' };
  if (directory === undefined)
    return { refused: 'The file has no directory in which a scratch file could be tried in its place.' };
  return withScratch(addon, directory, (fd) => {
    // A file can be mounted on its own (as containers do): its neighbours are then on another file system.
    // Asked through the backend: the node:fs of Deno knows only the descriptors that it has opened itself.
    if (selectBackend('native').files.stat(fd).dev !== identity(status.dev)) {
      return { refused: 'Its directory is on another file system, so no scratch file could be tried in its place.' };
    }
    return addon.tryLease(fd);
  });
}

/** All that can be tried on a place. A lease is tried on a scratch file only: on the user's file it could ring a bell. */
export interface TargetTrials {
  readonly file: FileTrial | TrialRefusal;
  readonly lease: number | TrialRefusal;
}

/**
 * Tries it: on the caller's descriptor, on the file opened for reading, or on a scratch file in the directory. `unit` is
 * the shortest length that can be mapped, in bytes. Every descriptor opened here is closed on return and on a throw.
 *
 * @throws what open(2) answers for a file that is there. A directory in which no file can be made is an answer, no error.
 */
export function tryTarget(addon: Addon, place: TargetLocation, unit: number): TargetTrials {
  const { kind, directory, fd, path } = place;
  if (kind === 'directory' && directory !== undefined) {
    const both = withScratch(addon, directory, (scratch) => ({
      file: tryFile(addon, scratch, unit),
      lease: addon.tryLease(scratch),
    }));
    return 'refused' in both ? { file: both, lease: both } : both;
  }
  if (fd !== undefined) return { file: tryFile(addon, fd, unit), lease: tryLeaseBeside(addon, place) };
  const own = openForTrial(addon, path ?? '');
  try {
    return { file: tryFile(addon, own, unit), lease: tryLeaseBeside(addon, place) };
  } finally {
    addon.closeDescriptor(own);
  }
}
