import { selectBackend } from '../backend/select.js';
import { constants } from '../core/constants.js';
import { kernelDirectAt, type KernelDirect } from '../seals/map-direct.js';
import { DEFAULT_DEVICE_ALIGN, deviceAlign } from '../storage/device-dax.js';
import { type FileSystem, fileSystemOf } from '../storage/file-systems.js';
import { identity } from '../storage/inode-id.js';
import { persistentRegions, type PersistentRegion } from '../storage/persistent-memory.js';
import { fileSystemType } from './system.js';
import { statfsPath, type TargetLocation } from './target-location.js';
import type { FileTrial } from './trial.js';
import type { Answer } from './types.js';

/** Facts about a target that need no trial. */

/** The file system of the target. A device is not on the file system that holds its name. */
export function fileSystemAt(target: TargetLocation, trial: FileTrial | undefined): FileSystem | undefined {
  if (target.kind === 'device-dax')
    return { name: 'device-dax', domain: 'unknown', note: 'It is a device: no file system.' };
  if (target.kind === 'block') return { name: 'block device', domain: 'storage' };
  const type = trial?.fileSystem ?? fileSystemType(statfsPath(target));
  return type === undefined ? undefined : fileSystemOf(type);
}

/**
 * The alignment of a device-dax, or the page size of hugetlbfs, in bytes. undefined: the ordinary page, or not known.
 */
export function offsetUnitAt({ kind, status }: TargetLocation, fileSystem: FileSystem | undefined): number | undefined {
  if (kind === 'device-dax') return deviceAlign(status.rdev);
  return fileSystem?.name === 'hugetlbfs' ? Number(status.blksize) : undefined; // the block size is the huge page
}

/** The length of a mapping for a trial, in bytes. */
export function trialLength({ kind, status }: TargetLocation): number {
  return kind === 'device-dax' ? (deviceAlign(status.rdev) ?? DEFAULT_DEVICE_ALIGN) : constants.PAGE_SIZE;
}

/** The regions of persistent memory under the target. */
export function persistentRegionsAt({ kind, status }: TargetLocation): PersistentRegion[] {
  if (kind === 'device-dax') return persistentRegions('char', status.rdev);
  return persistentRegions('block', kind === 'block' ? status.rdev : status.dev);
}

/** MAP_DIRECT of the kernel for files in the directory of the target. */
export function kernelDirectOf(
  { kind, directory, status }: TargetLocation,
  backend: 'native' | 'emulated',
  dax: Answer['answer'],
): KernelDirect {
  if (kind === 'device-dax') return { reason: 'Its driver keeps the blocks where they are: MAP_DIRECT is not needed.' };
  return kernelDirectAt(selectBackend(backend), {
    dev: identity(status.dev),
    dax: dax === 'unknown' ? undefined : dax === 'yes',
    directory: () => directory,
  });
}
