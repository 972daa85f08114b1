import { constants as fs } from 'node:fs';
import type { Addon } from '../backend/native/addon.js';
import { openScratch } from '../backend/native/scratch-file.js';
import { selectBackend } from '../backend/select.js';
import { constants } from '../core/constants.js';
import { adviceIn } from '../core/error-advice.js';
import { errno, errnoName, systemError } from '../core/errors.js';
import { checkPermission } from '../core/permission.js';
import { fileSystemOf, isMadeByKernel } from '../storage/file-systems.js';
import { identity } from '../storage/inode-id.js';
import { attempt } from '../storage/sysfs.js';
import type { TargetLocation } from './target-location.js';

/** The results of system calls on one file. A number is 0 or a negative errno. */
export interface FileTrial {
  /** f_type; undefined: fstatfs(2) failed. */
  readonly fileSystem: number | undefined;
  /** STATX_ATTR_DAX; undefined: the kernel does not report it for this file. */
  readonly dax: boolean | undefined;
  /** mmap(2) with MAP_SHARED_VALIDATE | MAP_SYNC. */
  readonly mapSync: number;
  /** mmap(2) with MAP_SHARED alone; undefined: not tried, because a mapping that is granted moves the access time. */
  readonly shared: number | undefined;
  /** FIEMAP. */
  readonly extents: number;
}

/** A trial that could not be made, with the reason as a sentence. */
export interface TrialRefusal {
  readonly refused: string;
}

/** All trials on a target. The lease is tried on a scratch file, because on the target it could break another lease. */
export interface TargetTrials {
  readonly file: FileTrial | TrialRefusal;
  readonly lease: number | TrialRefusal;
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

/** Opens the user's file for reading. O_NONBLOCK: it never waits for a lease or for a device. */
function openForTrial(addon: Addon, path: string): number {
  const flags = fs.O_RDONLY | fs.O_NONBLOCK | fs.O_NOCTTY;
  checkPermission(path, flags);
  // mmap(2) counts as an access. Only the owner of a file may use O_NOATIME; others move the access time as a reader
  // does.
  const quiet = addon.open(path, flags | fs.O_NOATIME, 0);
  const fd = quiet === errno.EPERM ? addon.open(path, flags, 0) : quiet;
  if (fd >= 0) return fd;
  throw systemError(fd, 'open', path, adviceIn('probe', 'open', errnoName(fd)));
}

/** Can mmap(2) with MAP_SHARED fail on a file system of this type? Elsewhere it is not tried. */
function mayHaveNoMappings(type: number): boolean {
  const fileSystem = fileSystemOf(type);
  return isMadeByKernel(fileSystem) || fileSystem.domain === 'unknown';
}

function tryFile(addon: Addon, fd: number, unit: number): FileTrial {
  const type = addon.fileSystem(fd);
  const { PROT_READ, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SYNC } = constants;
  const mapSync = addon.tryMap(fd, unit, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC);
  const triesShared = mapSync === errno.EINVAL || (mapSync < 0 && mayHaveNoMappings(type));
  return {
    fileSystem: type < 0 ? undefined : type,
    dax: attempt(() => selectBackend('native').files.stat(fd).dax),
    mapSync,
    shared: triesShared ? addon.tryMap(fd, unit, PROT_READ, MAP_SHARED) : undefined,
    extents: addon.tryExtents(fd),
  };
}

function tryLeaseBeside(addon: Addon, { kind, directory, status }: TargetLocation): number | TrialRefusal {
  if (kind !== 'file' && kind !== 'directory') return { refused: 'Only regular files have leases.' };
  if (directory === undefined)
    return { refused: 'The file has no directory, so no scratch file could be tried in its place.' };
  return withScratch(addon, directory, (fd) => {
    // A file can be a mount point (containers do that): its neighbours are then on another file system.
    // The backend is asked, because the node:fs of Deno knows only descriptors that it has opened itself.
    if (selectBackend('native').files.stat(fd).dev !== identity(status.dev)) {
      return { refused: 'Its directory is on another file system, so no scratch file could be tried in its place.' };
    }
    return addon.tryLease(fd);
  });
}

/**
 * Makes the trials on the caller's descriptor, on the file opened for reading, or on a scratch file in the directory.
 * `unit` is the shortest length that can be mapped, in bytes. Closes every descriptor that it opened, also on a throw.
 *
 * @throws the error of open(2) for a file that exists. A directory in which no file can be made is an answer, no error.
 */
export function tryTarget(addon: Addon, target: TargetLocation, unit: number): TargetTrials {
  const { kind, directory, fd, path } = target;
  if (kind === 'directory' && directory !== undefined) {
    const both = withScratch(addon, directory, (scratch) => ({
      file: tryFile(addon, scratch, unit),
      lease: addon.tryLease(scratch),
    }));
    return 'refused' in both ? { file: both, lease: both } : both;
  }
  if (fd !== undefined) return { file: tryFile(addon, fd, unit), lease: tryLeaseBeside(addon, target) };
  const own = openForTrial(addon, path ?? '');
  try {
    return { file: tryFile(addon, own, unit), lease: tryLeaseBeside(addon, target) };
  } finally {
    addon.closeDescriptor(own);
  }
}
