import { isRegular } from './storage/inode-type.js';
import type { FileStatus } from './storage/file-status.js';
import type { Backend } from './backend/backend.js';
import { selectBackend } from './backend/select.js';
import { deviceDaxOf } from './storage/device-dax.js';
import { errno, mappingClosed, systemError, type SystemError } from './core/errors.js';
import { growths } from './backend/map-budget.js';
import type { Mapping } from './mapping/mapping.js';
import { mapDescriptor } from './mmap.js';
import { checkHandle, descriptorOf, type MappingHandle } from './mapping/handle.js';
import { checkOptions } from './core/check-options.js';
import { checkDescriptorOrClosed, checkNumber } from './core/validators.js';

const GONE = 'the mapping that was shared is closed, or a resize() has moved it since; let its owner share() it again';

function open(backend: Backend, handle: MappingHandle, fd: number | undefined): number {
  try {
    return descriptorOf(backend, handle, fd);
  } catch (error) {
    if ((error as SystemError).code === 'ENOENT') throw mappingClosed('attach', GONE);
    throw error;
  }
}

/** Where the file ends. Other devices than device-dax have a st_size of 0, and do not shrink under a mapping. */
function endOf(status: FileStatus): number {
  if (isRegular(status)) return status.size;
  return deviceDaxOf(status)?.size ?? Infinity;
}

function checkIdentity(backend: Backend, handle: MappingHandle, fd: number, given: boolean): void {
  const status = backend.files.stat(fd, handle.path);
  if (String(status.dev) !== handle.dev || String(status.ino) !== handle.ino) {
    if (!given) throw mappingClosed('attach', GONE); // the owner's descriptor has a new tenant
    throw systemError(
      errno.ESTALE,
      'attach',
      handle.path,
      'the descriptor is of another file than the one that was shared',
    );
  }
  const end = endOf(status);
  if (end < handle.offset || handle.length > end - handle.offset) {
    throw systemError(errno.ESTALE, 'attach', handle.path, `the file has shrunk to ${end} bytes since it was shared`);
  }
}

/** The descriptor of the caller, checked as the one of map(). */
function givenDescriptor(options: unknown): number | undefined {
  const { fd } = checkOptions<{ fd?: number }>(options, 'options', ['fd']);
  if (fd === undefined) return undefined;
  checkNumber(fd, 'options.fd');
  checkDescriptorOrClosed(fd, 'options.fd');
  return fd;
}

/**
 * A mapping of its own over what {@link Mapping.share} described: in a worker thread, or in a child process that has
 * inherited the descriptor. Closing one side never touches the other.
 *
 * @param options - `fd`: the descriptor of the file in this process; needed in another process than the owner's.
 * @throws TypeError and RangeError for what share() cannot have returned; ERR_MAPPING_CLOSED when the owner has closed
 *   it, or a resize() has moved it (with `fd` neither matters); ESTALE when the descriptor is of another file; EBADF.
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
  const fd = givenDescriptor(options);
  const backend = selectBackend(checked.backend);
  backend.checkRoom(growths.map);
  const own = open(backend, checked, fd);
  try {
    checkIdentity(backend, checked, own, fd !== undefined);
  } catch (error) {
    backend.files.close(own);
    throw error;
  }
  return mapDescriptor(backend, own, { offset: checked.offset, length: checked.length }, checked.access, checked.path);
}
