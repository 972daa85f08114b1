import { isRegular } from './storage/inode-type.js';
import type { FileStatus } from './storage/file-status.js';
import type { Backend } from './backend/backend.js';
import { selectBackend } from './backend/select.js';
import { publishError } from './core/channels.js';
import { deviceDaxOf } from './storage/device-dax.js';
import { errno, hasErrno, mappingClosed, systemError } from './core/errors.js';
import { growths } from './backend/map-budget.js';
import type { Mapping } from './mapping/mapping.js';
import { mapDescriptor } from './map/map-descriptor.js';
import { checkHandle, descriptorOf, type MappingHandle } from './mapping/handle.js';
import { checkOptions } from './core/check-options.js';
import { checkDescriptorOrClosed, checkNumber } from './core/validators.js';

const GONE = 'the shared mapping is closed, or a resize() has moved it since; let its owner share() it again';

function open(backend: Backend, handle: MappingHandle, fd: number | undefined): number {
  try {
    return descriptorOf(backend, handle, fd);
  } catch (error) {
    if (hasErrno(error, errno.ENOENT)) throw mappingClosed('attach', GONE);
    throw error;
  }
}

/**
 * The end of the file in bytes. Infinity for a device that is not a device-dax: its st_size is 0, and it cannot shrink.
 */
function endOf(status: FileStatus): number {
  if (isRegular(status)) return status.size;
  return deviceDaxOf(status)?.size ?? Infinity;
}

/** The error for a descriptor of another file than the shared one. */
function otherFile({ path }: MappingHandle, callersFd: number | undefined): Error {
  if (callersFd === undefined) return mappingClosed('attach', GONE); // the number of the owner's descriptor is in use again
  return systemError(errno.ESTALE, 'attach', path, 'the descriptor is of another file than the one that was shared');
}

/** Checks that `fd` is of the shared file, and that the file is still long enough. */
function checkFile(backend: Backend, handle: MappingHandle, fd: number, callersFd: number | undefined): void {
  const status = backend.files.stat(fd, handle.path);
  if (String(status.dev) !== handle.dev || String(status.ino) !== handle.ino) throw otherFile(handle, callersFd);
  const end = endOf(status);
  if (end < handle.offset || handle.length > end - handle.offset) {
    throw systemError(errno.ESTALE, 'attach', handle.path, `the file has shrunk to ${end} bytes since it was shared`);
  }
}

/** The option `fd`, checked as a descriptor of map(). */
function callersDescriptor(options: unknown): number | undefined {
  const { fd } = checkOptions<{ fd?: number }>(options, 'options', ['fd']);
  if (fd === undefined) return undefined;
  checkNumber(fd, 'options.fd');
  checkDescriptorOrClosed(fd, 'options.fd');
  return fd;
}

function attachTo(backend: Backend, handle: MappingHandle, fd: number | undefined): Mapping {
  const own = open(backend, handle, fd);
  try {
    checkFile(backend, handle, own, fd);
  } catch (error) {
    backend.files.close(own);
    throw error;
  }
  return mapDescriptor(backend, own, handle);
}

/**
 * Maps the same part of the same file as a mapping that was shared with {@link Mapping.share}: in a worker thread, or
 * in a child process that has inherited the descriptor. To close one of the two mappings does not affect the other.
 *
 * @param options - `fd`: the descriptor of the file in this process. Another process than the owner's needs it.
 * @throws TypeError and RangeError for a value that share() cannot have returned; ERR_MAPPING_CLOSED if the owner has
 *   closed the mapping, or if a resize() has moved it (with `fd` neither matters); ESTALE if the descriptor is of
 *   another file, or if the file has shrunk; EBADF.
 * @example
 * const { isMainThread, parentPort, Worker } = require('node:worker_threads');
 * const { attach, map } = require('mapdirect');
 * if (isMainThread) {
 *   const mapping = map('data.bin');
 *   const worker = new Worker(__filename);
 *   worker.postMessage(mapping.share());
 *   worker.once('exit', () => {
 *     console.log(mapping.buffer.toString('latin1', 0, 15)); // from the worker
 *     mapping.close();
 *   });
 * } else {
 *   parentPort.once('message', (handle) => {
 *     const mine = attach(handle);
 *     mine.buffer.write('from the worker');
 *     mine.close();
 *   });
 * }
 */
export function attach(handle: MappingHandle, options?: { fd?: number | undefined }): Mapping {
  const checked = checkHandle(handle);
  const fd = callersDescriptor(options);
  const backend = selectBackend(checked.backend);
  try {
    backend.checkRoom(growths.map);
    return attachTo(backend, checked, fd);
  } catch (error) {
    publishError('attach', error);
    throw error;
  }
}
