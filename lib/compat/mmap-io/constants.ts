import { constants } from '../../core/constants.js';

/** The constants of mmap-io, with the numbers of Linux. `constants` of mapdirect has more of them. */
export const mmapIoConstants = Object.freeze({
  PROT_NONE: constants.PROT_NONE,
  PROT_READ: constants.PROT_READ,
  PROT_WRITE: constants.PROT_WRITE,
  PROT_EXEC: constants.PROT_EXEC,

  MAP_SHARED: constants.MAP_SHARED,
  MAP_PRIVATE: constants.MAP_PRIVATE,
  MAP_NONBLOCK: constants.MAP_NONBLOCK,
  MAP_POPULATE: constants.MAP_POPULATE,

  MADV_NORMAL: constants.MADV_NORMAL,
  MADV_RANDOM: constants.MADV_RANDOM,
  MADV_SEQUENTIAL: constants.MADV_SEQUENTIAL,
  MADV_WILLNEED: constants.MADV_WILLNEED,
  MADV_DONTNEED: constants.MADV_DONTNEED,

  PAGESIZE: constants.PAGE_SIZE,
} as const);

export const {
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
  PROT_EXEC,
  MAP_SHARED,
  MAP_PRIVATE,
  MAP_NONBLOCK,
  MAP_POPULATE,
  MADV_NORMAL,
  MADV_RANDOM,
  MADV_SEQUENTIAL,
  MADV_WILLNEED,
  MADV_DONTNEED,
  PAGESIZE,
} = mmapIoConstants;
