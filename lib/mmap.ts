import { publishError } from './core/channels.js';
import type { Region, RegionRequest } from './backend/region.js';
import { checkAlignment, checkMapFlags, checkMapType } from './backend/map-flags.js';
import type { Access } from './core/access.js';
import { selectBackend } from './backend/select.js';
import type { Backend } from './backend/backend.js';
import { BackingFile } from './file/backing-file.js';
import { constants, MAP_TYPE } from './core/constants.js';
import { errno, hasErrno, outOfRange, systemError } from './core/errors.js';
import { growths } from './backend/map-budget.js';
import { PLAIN } from './map/map-descriptor.js';
import { mappingOf, type Mapping } from './mapping/mapping.js';
import { checkNumber, checkPositiveSize, checkSize } from './core/validators.js';
import { parseTarget } from './core/target.js';

const { MAP_ANONYMOUS, MAP_NORESERVE, MAP_PRIVATE, MAP_SYNC, PROT_EXEC, PROT_READ, PROT_WRITE } = constants;

function checkProt(prot: unknown): number {
  checkNumber(prot, 'prot');
  if (!Number.isInteger(prot) || prot < 0 || prot > 0x7fffffff) throw outOfRange('prot', 'a set of PROT_* bits', prot);
  return prot;
}

function accessOf(prot: number, flags: number): Access {
  if ((flags & MAP_TYPE) === MAP_PRIVATE) return (prot & PROT_WRITE) !== 0 ? 'copy' : 'read';
  return (prot & PROT_WRITE) !== 0 ? 'write' : 'read';
}

function openDescriptor(backend: Backend, fd: number): BackingFile {
  const mode = backend.files.accessMode(fd);
  return BackingFile.ofCallers(backend.files, fd, mode, backend.files.stat(fd));
}

/** The request with PROT_WRITE added; undefined: the request is right as it is. */
function withProtWrite(request: RegionRequest): RegionRequest | undefined {
  const { prot, flags } = request;
  const isPrivate = (flags & MAP_TYPE) === MAP_PRIVATE;
  if (!isPrivate || (prot & (PROT_READ | PROT_WRITE | PROT_EXEC)) !== PROT_READ) return undefined;
  return { ...request, prot: prot | PROT_WRITE, flags: flags | MAP_NORESERVE, withoutWriteFaults: true };
}

/**
 * Maps the region. A private readable mapping gets PROT_WRITE, too: a stray store then stays in this process and does
 * not kill it, as with access 'read'. An executable mapping does not get PROT_WRITE, since no memory should be both. If
 * the file forbids PROT_WRITE, the mapping has no views.
 */
function mapSafely(backend: Backend, request: RegionRequest): Region {
  const writable = withProtWrite(request);
  if (writable === undefined) return backend.map(request);
  try {
    return backend.map(writable);
  } catch (error) {
    if (!hasErrno(error, errno.EACCES)) throw error;
    return backend.map(request);
  }
}

/**
 * Calls mmap(2) with these flags. The kernel chooses the address. {@link map} is the comfortable way.
 *
 * @param length - Bytes, > 0. Not checked against the file: touching pages past its end is a fault ('truncated').
 *   With huge pages (MAP_HUGETLB) the kernel rounds the length up to whole ones.
 * @param prot - PROT_* bits. Views need PROT_READ and PROT_WRITE. Private memory that is readable and not executable
 *   gets PROT_WRITE, too, so that it has views: a stray store then stays in this process. If the file forbids that, the
 *   mapping has an `address` and no views.
 * @param flags - MAP_SHARED, MAP_SHARED_VALIDATE or MAP_PRIVATE, and more. Not MAP_FIXED, MAP_FIXED_NOREPLACE,
 *   MAP_GROWSDOWN. An unknown bit is EOPNOTSUPP, also where mmap(2) would ignore it. mmap(2) ignores MAP_SYNC with
 *   MAP_SHARED and MAP_PRIVATE; here MAP_SYNC is granted (on DAX, for a shared mapping) or an error. map() with sync:
 *   'auto' continues without it.
 * @param fd - A descriptor, which may be closed after the call; -1 with MAP_ANONYMOUS.
 * @param offset - Bytes from the start of the file, a multiple of the page size. Default 0.
 * @throws The errors of mmap(2), each with its errno: EINVAL, EACCES, EBADF, ENODEV, ENOMEM, EOPNOTSUPP, ...
 *   TypeError and RangeError for wrong arguments: ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE.
 * @example
 * const fs = require('node:fs');
 * const { constants, mmap } = require('mapdirect');
 * const fd = fs.openSync('data.bin');
 * const mapping = mmap(4096, constants.PROT_READ, constants.MAP_PRIVATE, fd);
 * fs.closeSync(fd); // the mapping has a descriptor of its own
 * console.log(mapping.access, mapping.buffer.length); // read 4096
 * mapping.close();
 */
export function mmap(length: number, prot: number, flags: number, fd: number, offset = 0): Mapping {
  checkPositiveSize(length, 'length');
  const protection = checkProt(prot);
  const mapFlags = checkMapFlags(flags, 'flags');
  checkMapType(mapFlags);
  checkNumber(fd, 'fd');
  parseTarget(fd);
  checkSize(offset, 'offset');
  checkAlignment(offset, undefined);
  const isAnonymous = (mapFlags & MAP_ANONYMOUS) !== 0;
  if (!isAnonymous && fd === -1)
    throw systemError(
      errno.EBADF,
      'mmap',
      undefined,
      'fd -1 is for memory without a file: that needs MAP_ANONYMOUS among the flags',
    );
  if (isAnonymous && fd !== -1)
    throw systemError(errno.EINVAL, 'mmap', undefined, 'MAP_ANONYMOUS takes no file: fd must be -1');
  const backend = selectBackend('auto');
  let file: BackingFile | undefined;
  try {
    backend.checkRoom(growths.map);
    file = isAnonymous ? undefined : openDescriptor(backend, fd);
    const sync = (mapFlags & MAP_SYNC) !== 0 ? 'require' : 'off';
    const region = mapSafely(backend, {
      file,
      path: undefined,
      offset,
      length,
      prot: protection,
      flags: mapFlags & ~MAP_SYNC,
      sync,
      reserve: 0,
    });
    return mappingOf({
      backend,
      region,
      access: accessOf(protection, mapFlags),
      anonymous: isAnonymous,
      ...PLAIN,
    });
  } catch (error) {
    publishError('mmap', error);
    throw error;
  } finally {
    file?.release();
  }
}
