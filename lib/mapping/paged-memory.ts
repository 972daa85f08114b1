import type { Advice } from '../core/constants.js';
import { badBlocksOf } from '../file/bad-blocks.js';
import type { BadBlock } from '../storage/bad-blocks.js';
import { DurableMemory } from './durable-memory.js';
import { remapLost } from './remap.js';
import { advise, populate, prefetch, residency, setLocked } from './paging.js';

/** The part of {@link Mapping} that deals with its pages: advice, presence, locks, media errors. */
export abstract class PagedMemory extends DurableMemory {
  /**
   * Tells the kernel how a range will be used: madvise(2). 'remove' punches a hole into the file. 'dontneed' drops the
   * changes of a private mapping. Both need whole pages (whole huge pages where the mapping has those). The end of the
   * mapping may lie inside a page; for 'remove' only if the file ends there, too, because a hole consists of whole
   * pages.
   *
   * @throws ERR_INVALID_ARG_VALUE for an unknown word. For 'remove': ETXTBSY while the file is sealed, EBUSY while
   *   memory without a file is registered, EACCES without access 'write'. EINVAL for 'remove' and 'dontneed' of a part
   *   of a page; for 'remove' of locked memory (unlock() it first; the part before it is a hole by then); and for
   *   advice that the kernel or the file system does not know. ENOMEM near vm.max_map_count: advice for a part splits
   *   the mapping.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.advise('sequential');
   * mapping.advise('willneed', 0, 65536);
   * mapping.close();
   * @example
   * // Native only: the emulation has no holes to punch.
   * const { constants, extents, map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.advise('remove', 0, constants.PAGE_SIZE);
   * console.log(mapping.buffer[0], extents('data.bin')[0].flags[0]); // 0 hole
   * mapping.close();
   */
  advise(advice: Advice, offset = 0, length = this.defaultLength(offset)): void {
    advise(this.resources, advice, offset, length);
  }

  /**
   * Brings pages into memory on another thread, in parts of 64 MiB, so that a later access does not block the event
   * loop.
   *
   * @param options - `write`: make the pages writable, too (only on access 'write'). `signal`: stops between two parts.
   * @throws By rejection: ERR_OUT_OF_RANGE, also for a part that a resize() cut off meanwhile; ENOSPC, EFAULT or ENOMEM
   *   for a page that cannot be brought in; the reason of the signal.
   * @example
   * import { map } from 'mapdirect';
   * const mapping = map('data.bin');
   * await mapping.prefetch(0, 65536, { write: true });
   * mapping.close();
   */
  async prefetch(
    offset = 0,
    length = this.defaultLength(offset),
    options?: { signal?: AbortSignal | undefined; write?: boolean | undefined },
  ): Promise<void> {
    await this.requests.run('prefetch', () => prefetch(this.resources, offset, length, options));
  }

  /**
   * prefetch() on this thread: on return the pages are present, on access 'write' also writable. A private mapping gets
   * no write faults.
   *
   * @throws ENOSPC, EFAULT, ENOMEM: a page cannot be brought in.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.populate(0, 65536);
   * const { pages, resident } = mapping.residency(0, 65536);
   * console.log(resident === pages); // true
   * mapping.close();
   */
  populate(offset = 0, length = this.defaultLength(offset)): void {
    populate(this.resources, offset, length);
  }

  /**
   * Counts the pages that the range touches, and those of them that are in memory: mincore(2). It blocks for some 20 ms
   * for each GiB; ask for parts of a large mapping.
   *
   * Not promised: a meaning on DAX. For a file that this user neither owns nor may write (usual with access 'read'),
   * Linux 5.2 and later reports all pages as present.
   *
   * @throws ERR_MAPPING_CLOSED, ERR_OUT_OF_RANGE.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const { pages, resident } = mapping.residency();
   * console.log(`${resident} of ${pages} pages are in memory`); // e.g. 256 of 256 pages are in memory
   * mapping.close();
   */
  residency(offset = 0, length = this.defaultLength(offset)): { pages: number; resident: number } {
    return residency(this.resources, offset, length);
  }

  /**
   * Keeps the pages of a range in memory: mlock2(2). Exceeding the memory limit of the cgroup is no error: the OOM
   * killer of the cgroup ends the process.
   *
   * @throws ENOMEM, EPERM: RLIMIT_MEMLOCK. ENOMEM: vm.max_map_count.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.lock(0, 4096);
   * mapping.unlock(0, 4096);
   * mapping.close();
   */
  lock(offset = 0, length = this.defaultLength(offset)): void {
    setLocked(this.resources, 'lock', offset, length);
  }

  /**
   * Undoes lock() for the whole pages of the range: munlock(2).
   *
   * @throws EBUSY: memory of this mapping is registered. ENOMEM: vm.max_map_count, if many separate locked parts
   *   remain.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.lock();
   * mapping.unlock(4096); // all but the first page
   * mapping.close();
   */
  unlock(offset = 0, length = this.defaultLength(offset)): void {
    setLocked(this.resources, 'unlock', offset, length);
  }

  /**
   * Maps the file again over the ranges that were lost (see {@link faulted}): the mapping goes on, and views and
   * address stay valid. The stores that went into a lost range are gone; its bytes are those of the file. It does
   * nothing if no range is lost.
   *
   * The cause must be gone. Reason 'truncated': make the file long enough before. Reason 'nospace': this call allocates
   * the blocks. Reasons 'poison' and 'io': the kernel reads the pages again.
   *
   * @throws ERR_MAPPING_FAULT: the file is still too short, or its pages still cannot be read. ENOSPC, EDQUOT: the disk
   *   is still full. EBUSY: the mapping is pinned, or an asynchronous call of it runs. ETXTBSY: blocks must be
   *   allocated, and the file is sealed. After an error some ranges may be mapped again; the call can be repeated.
   * @example
   * // Native only: the emulation has no faults.
   * const fs = require('node:fs');
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * fs.truncateSync('data.bin', 4096); // by another program, most often
   * console.log(mapping.buffer[8192], mapping.faulted); // 0 true
   * fs.truncateSync('data.bin', mapping.length); // the file is long enough again
   * mapping.remap();
   * console.log(mapping.faulted); // false
   * mapping.close();
   */
  remap(): void {
    this.noteFaults();
    try {
      remapLost(this.resources);
    } finally {
      this.noteFaults();
    }
  }

  /**
   * The bytes of the mapping that are lost, because the memory under them has a media error: the list of bad blocks of
   * the device, translated through the extents of the file. In order, in bytes from the start of the mapping. No byte
   * of the mapping is touched. docs/media-errors.md tells how to clear them; no call of this package does so by itself.
   *
   * The kernel keeps such a list for persistent memory (pmem, device-dax). Where it cannot be known this method throws,
   * so an empty list means that the device has reported no bad block there.
   *
   * Not promised: that the kernel knows every bad block. It learns of one by a scrub, or when a program meets it. Nor
   * that the list is still true on return: seal the file, so that no block moves meanwhile.
   *
   * @throws EOPNOTSUPP: the device has no list, the file system does not say where its blocks are (others than ext4 and
   *   xfs), the memory has no device (tmpfs, anonymous()), or the list is longer than the page that the kernel shows.
   *   EACCES: a device-dax, and this process is not root. The message has the reason.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * try {
   *   for (const { offset, length } of mapping.badBlocks()) console.log(`${length} bytes are lost at ${offset}`);
   * } catch (error) {
   *   console.log(error.code); // e.g. EOPNOTSUPP
   * }
   * mapping.close();
   */
  badBlocks(): BadBlock[] {
    const { file, offset, length } = this.resources.liveRegion('badBlocks');
    return badBlocksOf(file, { offset, length }, this.path);
  }
}
