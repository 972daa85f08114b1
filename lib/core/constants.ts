import { pageSize } from './page-size.js';

/**
 * The numbers of mmap(2), msync(2), madvise(2), fallocate(2) and fcntl(2) of Linux on x86_64 and arm64. The object is
 * frozen.
 *
 * The numbers are literals, so that they are the same with the emulation. A test compares them with the C headers.
 * `PAGE_SIZE` is the page size of this machine in bytes; file offsets are multiples of it.
 *
 * No function of this package takes MS_* (persist() and persistAsync() call msync(2)), MADV_FREE, MADV_POPULATE_*
 * (populate() and prefetch() use them), PROT_GROWSUP or PROT_GROWSDOWN (EINVAL). advise() takes words: 'random' for
 * MADV_RANDOM.
 *
 * MAP_DIRECT is missing: no released kernel has it, and the values of its patches have another meaning today.
 *
 * @example
 * const { constants, mmap } = require('mapdirect');
 * const { MAP_ANONYMOUS, MAP_PRIVATE, PAGE_SIZE, PROT_READ, PROT_WRITE } = constants;
 * const memory = mmap(PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
 * memory.close();
 */
export const constants = Object.freeze({
  PROT_NONE: 0x0,
  PROT_READ: 0x1,
  PROT_WRITE: 0x2,
  PROT_EXEC: 0x4,
  PROT_GROWSDOWN: 0x01000000,
  PROT_GROWSUP: 0x02000000,

  MAP_SHARED: 0x01,
  MAP_PRIVATE: 0x02,
  MAP_SHARED_VALIDATE: 0x03,
  MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x20,
  MAP_GROWSDOWN: 0x0100,
  MAP_DENYWRITE: 0x0800,
  MAP_EXECUTABLE: 0x1000,
  MAP_LOCKED: 0x2000,
  MAP_NORESERVE: 0x4000,
  MAP_POPULATE: 0x8000,
  MAP_NONBLOCK: 0x10000,
  MAP_STACK: 0x20000,
  MAP_HUGETLB: 0x40000,
  MAP_SYNC: 0x80000,
  MAP_FIXED_NOREPLACE: 0x100000,
  MAP_HUGE_2MB: 0x54000000,
  MAP_HUGE_1GB: 0x78000000,

  MS_ASYNC: 1,
  MS_INVALIDATE: 2,
  MS_SYNC: 4,

  MADV_NORMAL: 0,
  MADV_RANDOM: 1,
  MADV_SEQUENTIAL: 2,
  MADV_WILLNEED: 3,
  MADV_DONTNEED: 4,
  MADV_FREE: 8,
  MADV_REMOVE: 9,
  MADV_DONTFORK: 10,
  MADV_DOFORK: 11,
  MADV_MERGEABLE: 12,
  MADV_UNMERGEABLE: 13,
  MADV_HUGEPAGE: 14,
  MADV_NOHUGEPAGE: 15,
  MADV_DONTDUMP: 16,
  MADV_DODUMP: 17,
  MADV_COLD: 20,
  MADV_PAGEOUT: 21,
  MADV_POPULATE_READ: 22,
  MADV_POPULATE_WRITE: 23,
  MADV_COLLAPSE: 25,

  FALLOC_FL_KEEP_SIZE: 0x01,
  FALLOC_FL_PUNCH_HOLE: 0x02,
  FALLOC_FL_COLLAPSE_RANGE: 0x08,
  FALLOC_FL_ZERO_RANGE: 0x10,
  FALLOC_FL_INSERT_RANGE: 0x20,
  FALLOC_FL_UNSHARE_RANGE: 0x40,

  F_SEAL_SEAL: 0x0001,
  F_SEAL_SHRINK: 0x0002,
  F_SEAL_GROW: 0x0004,
  F_SEAL_WRITE: 0x0008,
  F_SEAL_FUTURE_WRITE: 0x0010,
  F_SEAL_EXEC: 0x0020,

  PAGE_SIZE: pageSize(),
} as const);

/** The mask of the kernel for the type of a mapping, shared or private, in the flags of mmap(2). */
export const MAP_TYPE = 0x0f;

/** The words of {@link Mapping.advise}, and the number of madvise(2) for each. */
export const adviceNumbers = Object.freeze({
  normal: constants.MADV_NORMAL,
  random: constants.MADV_RANDOM,
  sequential: constants.MADV_SEQUENTIAL,
  willneed: constants.MADV_WILLNEED,
  dontneed: constants.MADV_DONTNEED,
  remove: constants.MADV_REMOVE,
  dontfork: constants.MADV_DONTFORK,
  dofork: constants.MADV_DOFORK,
  mergeable: constants.MADV_MERGEABLE,
  unmergeable: constants.MADV_UNMERGEABLE,
  hugepage: constants.MADV_HUGEPAGE,
  nohugepage: constants.MADV_NOHUGEPAGE,
  dontdump: constants.MADV_DONTDUMP,
  dodump: constants.MADV_DODUMP,
  cold: constants.MADV_COLD,
  pageout: constants.MADV_PAGEOUT,
  collapse: constants.MADV_COLLAPSE,
} as const);

/** The use of a range, in the words of madvise(2). */
export type Advice = keyof typeof adviceNumbers;

export const adviceWords = Object.freeze(Object.keys(adviceNumbers)) as readonly Advice[];
