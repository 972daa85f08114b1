import type { RegionRequest } from '../region.js';
import { constants, MAP_TYPE } from '../../core/constants.js';
import { checked, errno, systemError } from '../../core/errors.js';
import { fileSystemOf } from '../../storage/file-systems.js';
import { HUGE_PAGE } from '../../storage/huge-pages.js';
import { addressFlagsOf, checkFlagsKnown, flagsRefused, unknownFlags, validatedFlags } from '../map-flags.js';
import { roundUp } from '../../core/range.js';
import { syncRefusalText } from '../../storage/map-sync-refusal.js';
import type { Addon } from './addon.js';
import { memoryShortage } from './memory-shortage.js';

const { MAP_NORESERVE, MAP_PRIVATE, MAP_SHARED_VALIDATE, MAP_SYNC, PAGE_SIZE, PROT_WRITE } = constants;

/** A range of the addon's table, and the flags that the kernel granted. */
export interface MmapResult {
  readonly slot: number;
  readonly flags: number;
  readonly syncErrno: number | undefined;
}

/** Calls mmap(2): first with MAP_SYNC if the request wants it, then without it if that was refused and is optional. */
function mapWithSync(request: RegionRequest, unit: number, mmap: (flags: number) => number): MmapResult {
  const { file, path, flags, sync } = request;
  const isChecked = file !== undefined && (flags & MAP_TYPE) !== MAP_PRIVATE; // by the kernel
  if (!isChecked) checkFlagsKnown(flags, path);
  const plain = (syncErrno: number | undefined): MmapResult => {
    const plainFlags = isChecked ? validatedFlags(flags) : flags;
    const plainSlot = mmap(plainFlags);
    if (plainSlot === errno.EOPNOTSUPP && (plainFlags & MAP_TYPE) === MAP_SHARED_VALIDATE)
      throw flagsRefused(flags, path);
    return { slot: checked(plainSlot, 'mmap', path, noMemory(request, plainSlot, unit)), flags: plainFlags, syncErrno };
  };
  if (!isChecked || sync === 'off') return plain(undefined);
  const { syncRefusal } = file;
  if (sync === 'auto' && syncRefusal.errno !== 0) return plain(syncRefusal.errno);
  const syncFlags = (flags & ~MAP_TYPE) | MAP_SHARED_VALIDATE | MAP_SYNC;
  const slot = mmap(syncFlags);
  if (slot >= 0) return { slot, flags: syncFlags, syncErrno: 0 };
  // EOPNOTSUPP: this file has no DAX. EINVAL: a kernel before 4.15. Anything else is a failure of the mapping itself.
  if (slot !== errno.EOPNOTSUPP && slot !== errno.EINVAL)
    throw systemError(slot, 'mmap', path, noMemory(request, slot, unit));
  if (sync === 'require') {
    const why = syncRefusalText({ errno: slot, fileSystem: fileSystemOf(file.fileSystem).name, dax: file.dax });
    const orFlag =
      unknownFlags(flags) === 0 ? '' : `, or it does not know the flags 0x${(unknownFlags(flags) >>> 0).toString(16)}`;
    throw systemError(errno.EOPNOTSUPP, 'mmap', path, `${why}${orFlag}; map() with sync: 'auto' goes on without it`);
  }
  const granted = plain(slot);
  // With further flags the kernel may have refused one of those.
  if ((flags & ~MAP_TYPE) === 0) syncRefusal.errno = slot;
  return granted;
}

/** Address space of `reserve` bytes, the mapping at its start. */
function mmapIntoReserve(addon: Addon, request: RegionRequest, unit: number): MmapResult {
  const { file, offset, length, prot } = request;
  // Huge pages (hugetlbfs, DAX, the page cache) need address and file offset equal modulo their size.
  const align = Math.max(unit, request.reserve < HUGE_PAGE ? PAGE_SIZE : HUGE_PAGE);
  const slot = checked(
    addon.reserve(roundUp(request.reserve, unit), addressFlagsOf(request.flags), align, request.offset % align),
    'mmap',
    request.path,
    'no address space for so large a reserve; see RLIMIT_AS (ulimit -v), or reserve less',
  );
  try {
    return mapWithSync(request, unit, (flags) => {
      const bytes = roundUp(length, unit);
      const dev = Number(file?.dev ?? 0);
      const ino = Number(file?.ino ?? 0);
      const result = addon.mapFixed(slot, 0, file?.fd ?? -1, offset, bytes, prot, flags, dev, ino);
      return result < 0 ? result : slot;
    });
  } catch (error) {
    addon.close(slot);
    throw error;
  }
}

/** @throws EINVAL: the offset is no multiple of the huge page. mmap(2) answers with a bare EINVAL. */
function checkUnit({ offset, path }: RegionRequest, unit: number): void {
  if (offset % unit === 0) return;
  const below = Math.floor(offset / unit) * unit;
  throw systemError(
    errno.EINVAL,
    'mmap',
    path,
    `offset ${offset} is not a multiple of ${unit}, the huge page there; ${below} or ${below + unit} is`,
  );
}

/** The advice for an ENOMEM of mmap(2); undefined: another error, or that of the table. */
function noMemory({ length, flags, prot }: RegionRequest, slot: number, unit: number): string | undefined {
  if (slot !== errno.ENOMEM) return undefined;
  if (unit === PAGE_SIZE) {
    const isPrivate = (flags & MAP_TYPE) === MAP_PRIVATE && (prot & PROT_WRITE) !== 0;
    return memoryShortage({ length, isPrivate, isUnreserved: (flags & MAP_NORESERVE) !== 0 });
  }
  return `not enough huge pages of ${unit} bytes are free; see HugePages_Free in /proc/meminfo, and set more aside: sysctl vm.nr_hugepages`;
}

/**
 * Maps the request, in whole units (huge-pages.ts).
 *
 * @throws the errno of mmap(2); EOPNOTSUPP with the reason if MAP_SYNC is required and was refused.
 */
export function mmapRegion(addon: Addon, request: RegionRequest, unit: number): MmapResult {
  const { file, offset, length, prot, reserve } = request;
  checkUnit(request, unit);
  if (reserve > length) return mmapIntoReserve(addon, request, unit);
  const bytes = roundUp(length, unit);
  const dev = Number(file?.dev ?? 0);
  const ino = Number(file?.ino ?? 0);
  return mapWithSync(request, unit, (flags) => addon.map(file?.fd ?? -1, offset, bytes, prot, flags, dev, ino));
}
