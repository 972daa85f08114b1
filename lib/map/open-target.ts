import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { checkAlignment } from '../backend/map-flags.js';
import { errno, systemError } from '../core/errors.js';
import type { ParsedTarget } from '../core/target.js';
import { removeCreated } from '../file/allocate.js';
import { BackingFile, openFiles } from '../file/backing-file.js';
import type { CreatedEntry } from '../file/directory-entry.js';
import { leasedFileAt } from '../seals/own-leases.js';
import { deviceDaxOf, type DeviceDax } from '../storage/device-dax.js';
import type { FileStatus } from '../storage/file-status.js';
import { fileSystemOf, isMadeByKernel } from '../storage/file-systems.js';
import { mountOf } from '../storage/mounts.js';
import { checkDeviceOptions } from './device-options.js';
import { mappedLength } from './mapped-length.js';
import { accessModeFor, isOwn, openPath, type PathRequest } from './open-path.js';
import type { ParsedOptions } from './options.js';

const { O_RDONLY, O_RDWR, S_IFDIR, S_IFMT, S_IFREG } = fsConstants;

/** An open file, and the length of the part that will be mapped. */
export interface OpenedTarget {
  readonly file: BackingFile;
  /** undefined: the file was there before. */
  readonly created: CreatedEntry | undefined;
  /** Bytes. */
  readonly length: number;
}

/** A call of map(), by path or by descriptor. */
type TargetRequest = Omit<PathRequest, 'path'> & Partial<PathRequest>;

/** @returns the device-dax; undefined: a regular file. @throws EISDIR, ENODEV for anything else. */
function checkMappable({ backend, path }: TargetRequest, status: FileStatus): DeviceDax | undefined {
  const type = status.mode & S_IFMT;
  if (type === S_IFREG) return undefined;
  const device = backend.capabilities.mapSync ? deviceDaxOf(status) : undefined;
  if (device !== undefined) return device;
  if (type === S_IFDIR) throw systemError(errno.EISDIR, 'open', path);
  throw systemError(errno.ENODEV, 'mmap', path);
}

/**
 * The length of the mapping in an open file. The size that counts is the one that the file has, or will have.
 *
 * @param fileSystem - reads f_type of statfs(2).
 * @throws ENODEV, EISDIR, EINVAL, ERR_OUT_OF_RANGE.
 */
function lengthIn(request: TargetRequest, status: FileStatus, fileSystem: () => number): number {
  const { options, path } = request;
  const device = checkMappable(request, status);
  if (device !== undefined) {
    checkDeviceOptions(options, device, path);
    return mappedLength(options, device.size, path);
  }
  // The files of procfs and sysfs have size 0, and no other size makes them mappable.
  if (status.size === 0 && isMadeByKernel(fileSystemOf(fileSystem()))) throw systemError(errno.ENODEV, 'mmap', path);
  return mappedLength(options, Math.max(status.size, options.size ?? 0), path);
}

function lengthInFile(request: TargetRequest, file: BackingFile, status: FileStatus): number {
  return lengthIn(request, status, () => file.fileSystem);
}

/** Checks the range against a file whose reference is ours. If the check fails, the reference is released. */
function openedFile(request: TargetRequest, file: BackingFile, status: () => FileStatus): OpenedTarget {
  try {
    return { file, created: undefined, length: lengthInFile(request, file, status()) };
  } catch (error) {
    file.release();
    throw error;
  }
}

/** The checks come before the descriptor is duplicated: closing a duplicate drops the record locks of the process. */
function openDescriptor(request: TargetRequest, fd: number): OpenedTarget {
  const { files } = request.backend;
  const mode = files.accessMode(fd);
  if (mode !== O_RDWR && (mode !== O_RDONLY || request.options.access === 'write'))
    throw systemError(errno.EACCES, 'mmap');
  const status = files.stat(fd);
  const length = lengthIn(request, status, () => mountOf(status, () => files.fileSystem(fd)).fileSystem);
  return { file: BackingFile.ofCallers(files, fd, mode, status), created: undefined, length };
}

/**
 * The open file behind a lease of this thread. Opening the path again would break the lease.
 *
 * @returns undefined: this process has no lease on the file.
 * @throws EAGAIN: the lease is of another thread, or the file is open with another access.
 */
function openLeased({ backend, path }: PathRequest): BackingFile | undefined {
  const leased = leasedFileAt(backend, path);
  if (leased === undefined || leased.file !== undefined) return leased?.file;
  const reason =
    "another thread of this process has sealed it with enforcement: 'lease', which wants to be the only open of the file";
  throw systemError(errno.EAGAIN, 'open', path, `${reason}; share() of its mapping works`);
}

/**
 * The file at a path that this thread maps already. It is not opened again: the surplus descriptor would be closed at
 * once, and Linux drops the record locks (F_SETLK) of the process when any descriptor of the file is closed. The
 * permissions are checked all the same.
 *
 * @param seen - the status of the file at the path.
 * @returns undefined: the path has to be opened.
 */
function openMapped(request: PathRequest, seen: FileStatus): OpenedTarget | undefined {
  const { backend, options, path } = request;
  const { files } = backend;
  const mapped = BackingFile.anyOf(files, seen);
  // Only an open with O_CREAT is subject to fs.protected_regular, which is about files of other users.
  if (mapped === undefined || (options.create && !isOwn(seen))) return undefined;
  const file = BackingFile.known(files, accessModeFor(options), seen);
  if (file === undefined) {
    lengthInFile(request, mapped, seen); // a call that this refuses does not open the file for another access
    return undefined;
  }
  return openedFile(request, file, () => {
    files.checkAccess(path, accessModeFor(options));
    return seen;
  });
}

/** Opens the path, or creates the file there. */
function openNew(request: PathRequest, seen: FileStatus | undefined): OpenedTarget {
  const { backend, options, path } = request;
  const checkNew = (): void => void mappedLength(options, options.size ?? 0, path);
  const { fd, status, created } = openPath(request, seen, checkNew);
  const file = BackingFile.of(backend.files, fd, accessModeFor(options), status, { ownsDescription: true });
  try {
    return { file, created, length: lengthInFile(request, file, status) };
  } catch (error) {
    if (created !== undefined) removeCreated(file, created, 0);
    file.release();
    throw error;
  }
}

/**
 * Opens the target and checks the range against it. Changes nothing on the disk, except that `create` makes the file.
 */
export function openTarget(backend: Backend, { path, fd = -1 }: ParsedTarget, options: ParsedOptions): OpenedTarget {
  checkAlignment(options.offset, path);
  if (path === undefined) return openDescriptor({ backend, options }, fd);
  const request = { backend, options, path };
  const leased = openLeased(request);
  if (leased !== undefined) return openedFile(request, leased, () => backend.files.stat(leased.fd, path));
  const seen = openFiles.size === 0 ? undefined : backend.files.statPath(path);
  return (seen === undefined ? undefined : openMapped(request, seen)) ?? openNew(request, seen);
}
