import { checkDeviceOptions } from './device-options.js';
import { checkAlignment } from '../backend/map-flags.js';
import type { FileStatus } from '../storage/file-status.js';
import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { BackingFile, openFiles } from '../file/backing-file.js';
import { deviceDaxOf, type DeviceDax } from '../storage/device-dax.js';
import type { CreatedEntry } from '../file/directory-entry.js';
import { errno, outOfRange, systemError } from '../core/errors.js';
import { fileSystemOf, isMadeByKernel } from '../storage/file-systems.js';
import { mountOf } from '../storage/mounts.js';
import { type ParsedOptions } from './options.js';
import { accessModeFor, isOwn, openPath } from './open-path.js';
import { leasedFileAt } from '../seals/own-leases.js';
import { removeCreated } from '../file/allocate.js';
import type { ParsedTarget } from '../core/target.js';

const { O_RDONLY, O_RDWR, S_IFDIR, S_IFMT, S_IFREG } = fsConstants;

/** An open file, and the part of it that will be mapped. */
export interface Opened {
  readonly file: BackingFile;
  /** undefined: it was there before. */
  readonly made: CreatedEntry | undefined;
  readonly length: number;
}

function whatToDoWithNothing({ access, create }: ParsedOptions): string {
  if (create) return 'create needs a size for a file that is missing or empty: map(path, { create: true, size: 4096 })';
  if (access === 'write')
    return 'the file is empty, and a mapping has at least one byte; give it a size: map(path, { size: 4096 })';
  return 'the file is empty, and a mapping has at least one byte: take it for what it is, no bytes, or map it when there are some';
}

/** The length of the mapping in a file of `size` bytes. @throws EINVAL (empty), ERR_OUT_OF_RANGE. */
function mappedLength(options: ParsedOptions, size: number, path: string | undefined): number {
  const { offset, length } = options;
  if (size === 0) throw systemError(errno.EINVAL, 'mmap', path, whatToDoWithNothing(options));
  const where = path === undefined ? 'the file' : `'${path}'`;
  if (offset >= size) throw outOfRange('options.offset', `< ${size}, the size of ${where}`, offset);
  if (length !== undefined && length > size - offset) {
    throw outOfRange(
      'options.length',
      `<= ${size - offset}, what ${where} has after offset ${offset}${options.access === 'write' ? '; size makes it longer' : ''}`,
      length,
    );
  }
  const mapped = length ?? size - offset;
  if (options.reserve !== 0 && options.reserve < mapped)
    throw outOfRange('options.reserve', `>= ${mapped}, the length`, options.reserve);
  return mapped;
}

/** @returns the device, if it is one that can be mapped. */
function checkKind(backend: Backend, status: FileStatus, path: string | undefined): DeviceDax | undefined {
  const kind = status.mode & S_IFMT;
  if (kind === S_IFREG) return undefined;
  const device = backend.capabilities.mapSync ? deviceDaxOf(status) : undefined;
  if (device !== undefined) return device;
  if (kind === S_IFDIR) throw systemError(errno.EISDIR, 'open', path);
  throw systemError(errno.ENODEV, 'mmap', path);
}

/**
 * The open file behind a lease of this thread: opening it once more would ring that lease.
 *
 * @returns undefined: this process has no lease on it. @throws EAGAIN: another thread has, or ours is of another access.
 */
function openedUnderLease(backend: Backend, path: string): BackingFile | undefined {
  const leased = leasedFileAt(backend, path);
  if (leased === undefined || leased.file !== undefined) return leased?.file;
  const whose =
    "another thread of this process has sealed it with enforcement: 'lease', which wants to be the only open of the file";
  throw systemError(errno.EAGAIN, 'open', path, `${whose}; share() of its mapping works`);
}

/** What procfs makes as it is read has a size of 0, and no other size makes it mappable. */
function checkStored({ files }: Backend, fd: number, status: FileStatus, path: string | undefined): void {
  const { fileSystem } = mountOf(status, () => files.fileSystem(fd));
  if (isMadeByKernel(fileSystemOf(fileSystem))) throw systemError(errno.ENODEV, 'mmap', path);
}

/** The size that the mapping may count on: what the file has, or will have. @throws ENODEV, EISDIR, as mappedLength(). */
function lengthIn(
  backend: Backend,
  fd: number,
  status: FileStatus,
  options: ParsedOptions,
  path: string | undefined,
): number {
  const device = checkKind(backend, status, path);
  if (device === undefined && status.size === 0) checkStored(backend, fd, status, path);
  if (device === undefined) return mappedLength(options, Math.max(status.size, options.size ?? 0), path);
  checkDeviceOptions(options, device, path);
  return mappedLength(options, device.size, path);
}

function openDescriptor(backend: Backend, fd: number, options: ParsedOptions): Opened {
  const { files } = backend;
  const mode = files.accessMode(fd);
  if (mode !== O_RDWR && (mode !== O_RDONLY || options.access === 'write')) throw systemError(errno.EACCES, 'mmap');
  const status = files.stat(fd);
  const length = lengthIn(backend, fd, status, options, undefined);
  return { file: BackingFile.ofCallers(files, fd, mode, status), made: undefined, length };
}

/**
 * A file that this thread maps already is not opened once more: that descriptor would be closed at once, in favour of the other one or
 * because the call is refused, and Linux drops the record locks (F_SETLK) of the process with any descriptor of the file. What an
 * open(2) would refuse for want of permission is refused all the same.
 *
 * @returns undefined: it has to be opened.
 */
function openMapped(backend: Backend, path: string, options: ParsedOptions, seen: FileStatus): Opened | undefined {
  const { files } = backend;
  const mapped = BackingFile.anyOf(files, seen);
  // Only an open with O_CREAT asks fs.protected_regular, and that is about files of others.
  if (mapped === undefined || (options.create && !isOwn(seen))) return undefined;
  const file = BackingFile.known(files, accessModeFor(options), seen);
  if (file === undefined) {
    lengthIn(backend, mapped.fd, seen, options, path); // for what that refuses no other access is opened either
    return undefined;
  }
  try {
    files.checkAccess(path, accessModeFor(options));
    return { file, made: undefined, length: lengthIn(backend, file.fd, seen, options, path) };
  } catch (error) {
    file.release();
    throw error;
  }
}

function openKnown(backend: Backend, file: BackingFile, options: ParsedOptions, path: string): Opened {
  try {
    return {
      file,
      made: undefined,
      length: lengthIn(backend, file.fd, backend.files.stat(file.fd, path), options, path),
    };
  } catch (error) {
    file.release();
    throw error;
  }
}

/** Opens the target and checks the range against it. Changes nothing, but makes the file with `create`. */
export function openTarget(backend: Backend, target: ParsedTarget, options: ParsedOptions): Opened {
  const { path } = target;
  checkAlignment(options.offset, path);
  if (path === undefined) return openDescriptor(backend, target.fd ?? -1, options);
  const leased = openedUnderLease(backend, path);
  if (leased !== undefined) return openKnown(backend, leased, options, path);
  const seen = openFiles.size === 0 ? undefined : backend.files.statPath(path);
  const mapped = seen === undefined ? undefined : openMapped(backend, path, options, seen);
  if (mapped !== undefined) return mapped;
  const { fd, status, made } = openPath(backend, path, options, seen, () =>
    mappedLength(options, options.size ?? 0, path),
  );
  const file = BackingFile.of(backend.files, fd, accessModeFor(options), status, { isOurs: true });
  try {
    return { file, made, length: lengthIn(backend, file.fd, status, options, path) };
  } catch (error) {
    if (made !== undefined) removeCreated(file, made, 0);
    file.release();
    throw error;
  }
}
