import type { Region, RegionRequest } from './backend/region.js';
import { checkAlignment, checkMapFlags, checkMapType } from './backend/map-flags.js';
import type { Access } from './core/access.js';
import { selectBackend } from './backend/select.js';
import type { Backend } from './backend/backend.js';
import { BackingFile } from './file/backing-file.js';
import { constants, MAP_TYPE } from './core/constants.js';
import { errno, outOfRange, systemError, type SystemError } from './core/errors.js';
import { growths } from './backend/map-budget.js';
import { mappingOf, type Mapping } from './mapping/mapping.js';
import { checkNumber, checkPositiveSize, checkSize } from './core/validators.js';
import { parseTarget } from './core/target.js';

const { MAP_ANONYMOUS, MAP_NORESERVE, MAP_PRIVATE, MAP_SYNC, PROT_EXEC, PROT_READ, PROT_WRITE } = constants;

// The parts of a mapping that only map() fills in.
const PLAIN = Object.freeze({ seal: undefined, reasons: [], lastingOptions: undefined });

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

/** The request with PROT_WRITE as well; undefined: it is right as it is. */
function madeWritable(request: RegionRequest): RegionRequest | undefined {
  const { prot, flags } = request;
  const isPrivate = (flags & MAP_TYPE) === MAP_PRIVATE;
  if (!isPrivate || (prot & (PROT_READ | PROT_WRITE | PROT_EXEC)) !== PROT_READ) return undefined;
  return { ...request, prot: prot | PROT_WRITE, flags: flags | MAP_NORESERVE, withoutWriteFaults: true };
}

/**
 * A private mapping that can be read gets PROT_WRITE too: a stray store then stays in this process instead of killing
 * it, as with access 'read'. Not what is executable (nothing is to be both), nor where the file forbids it: then there
 * are no views.
 */
function mapSafely(backend: Backend, request: RegionRequest): Region {
  const writable = madeWritable(request);
  if (writable === undefined) return backend.map(request);
  try {
    return backend.map(writable);
  } catch (error) {
    if ((error as SystemError).errno !== errno.EACCES) throw error;
    return backend.map(request);
  }
}

/**
 * mmap(2) itself, flags as given; only the address is the kernel's choice. {@link map} is the comfortable way.
 *
 * @param length - Bytes, > 0. Not checked against the file: touching pages past its end is SIGBUS, which ends the
 *   process. Of huge pages (MAP_HUGETLB) whole ones are mapped, however long it is.
 * @param prot - PROT_* bits. Views need PROT_READ and PROT_WRITE. Private memory that may be read and not executed gets
 *   PROT_WRITE as well, so that it has views: a stray store then stays in this process. (Where the file forbids that
 *   there is `address` alone.)
 * @param flags - MAP_SHARED, MAP_SHARED_VALIDATE or MAP_PRIVATE, and more. Not MAP_FIXED, MAP_FIXED_NOREPLACE,
 *   MAP_GROWSDOWN. A bit that is not known is EOPNOTSUPP, also where mmap(2) would ignore it, as it does MAP_SYNC with
 *   MAP_SHARED and MAP_PRIVATE: here MAP_SYNC is granted (on DAX, for a shared mapping) or an error. map() with sync:
 *   'auto' goes on without it.
 * @param fd - A descriptor, which may be closed after the call; -1 with MAP_ANONYMOUS.
 * @param offset - Into the file, a multiple of the page size. Default 0.
 * @throws What mmap(2) answers, with its errno; TypeError and RangeError for wrong arguments.
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
  backend.checkRoom(growths.map);
  const file = isAnonymous ? undefined : openDescriptor(backend, fd);
  try {
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
      path: undefined,
      anonymous: isAnonymous,
      ...PLAIN,
    });
  } finally {
    file?.release();
  }
}

/** Takes `fd` over, whatever comes of it. */
function ownDescriptor({ files }: Backend, fd: number, anonymous: boolean): BackingFile {
  try {
    return BackingFile.of(files, fd, files.accessMode(fd), files.stat(fd), { isOurs: false, anonymous });
  } catch (error) {
    files.close(fd);
    throw error;
  }
}

/** @internal For anonymous() and attach(): a descriptor that becomes the mapping's. */
export function mapDescriptor(
  backend: Backend,
  fd: number,
  range: { offset: number; length: number },
  access: 'read' | 'write',
  path?: string,
  anonymous = false,
): Mapping {
  const file = ownDescriptor(backend, fd, anonymous);
  try {
    const flags = access === 'write' ? constants.MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE;
    const sync = access === 'write' ? 'auto' : 'off';
    const region = backend.map({ file, path, ...range, prot: PROT_READ | PROT_WRITE, flags, sync, reserve: 0 });
    return mappingOf({ backend, region, access, path, anonymous, ...PLAIN });
  } finally {
    file.release();
  }
}
