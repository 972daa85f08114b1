import type { FutexCalls } from './futex-calls.js';
import type { LeaseCalls } from './lease-calls.js';
import type { RdmaCalls } from './rdma-calls.js';
import type { RegistrationCalls } from './registration-calls.js';
import type { UringCalls } from './uring-calls.js';

/**
 * The exports of the native addon, typed and grouped by the file of src-native that defines them. Every function takes
 * numbers that TypeScript has checked, and returns the result or a negative errno. Functions that end in Async return a
 * promise of the same number; they return a number only when they could not start. `slot` names a range in the addon's
 * process-wide table (src-native/memory/ranges.h). Offsets and lengths are bytes; those with a `slot` count from the
 * start of the range.
 */
export interface Addon extends FutexCalls, LeaseCalls, RdmaCalls, RegistrationCalls, UringCalls {
  /**
   * 128 bytes shared with the addon: 16 registers, each a double or a 64-bit integer, for more arguments and more
   * results.
   */
  readonly registers: ArrayBuffer;
  /** 4 bytes: the number of faults that the fault guard has healed in this process. It wraps. */
  readonly faultCount: ArrayBuffer;

  // memory/map.cc

  /** mmap(2). Returns the slot. The fault guard asks `fd` only while it is the file `dev`, `ino` (0, 0: not known). */
  map(fd: number, offset: number, length: number, prot: number, flags: number, dev: number, ino: number): number;
  /**
   * Reserves address space without memory behind it and returns the slot. The address is `phase` past a multiple of
   * `align`, a power of two. `flags`: flags of mmap(2) that choose the address.
   */
  reserve(length: number, flags: number, align: number, phase: number): number;
  /** mmap(2) with MAP_FIXED inside the address space of a slot. `dev`, `ino`: as map(). */
  mapFixed(
    slot: number,
    at: number,
    fd: number,
    offset: number,
    length: number,
    prot: number,
    flags: number,
    dev: number,
    ino: number,
  ): number;
  /** mmap(2) with MAP_FIXED of the same file over part of a slot: its pages again, after a fault. */
  remap(slot: number, at: number, length: number, prot: number, flags: number): number;
  /** Puts an anonymous placeholder over part of a slot: later stores reach no file. */
  cover(slot: number, at: number, length: number): number;
  /**
   * Ends the range: the pages of the file are gone on return. The addresses stay until the last user has ended. -EBUSY:
   * it is registered.
   */
  close(slot: number): number;
  /** Ends the range after garbage collection: remaining users keep the memory as it is. -EBUSY: it is registered. */
  abandon(slot: number): number;
  /** Register 0 (integer): the address. */
  address(slot: number): number;
  /** The number of users: the owner, one per window, one per running call. */
  users(slot: number): number;
  /** `pinned` 1: when the thread ends, the addresses stay under a placeholder for the life of the process. */
  pin(slot: number, pinned: 0 | 1): number;
  /**
   * The number of ranges whose addresses stay for the life of the process, because a user may remain whose end is never
   * reported: the user of a pin, or a thread to which the memory of an ArrayBuffer was moved. No other count includes
   * them.
   */
  keptCount(): number;
  /** The number of ranges in use, in all threads of the process. */
  rangeCount(): number;

  // memory/fault_exports.cc

  /**
   * The fault guard becomes the first handler of SIGBUS. One system call if it is that already; none in a tick of the
   * kernel's clock in which another call has looked, unless `now`.
   */
  guardFaults(now: 0 | 1): number;
  /** A SIGBUS in the slot ends the process. */
  leaveUnguarded(slot: number): number;
  /**
   * Takes one fault of the slot. Returns its reason (1 truncated, 2 nospace, 3 poison, 4 io), with offset and length in
   * registers 0 and 1; 0: there is none.
   */
  takeFault(slot: number): number;
  /** From now on each fault of the process is notice 5, see {@link onNotices}. */
  announceFaults(): number;

  // memory/share.cc

  /** A number that differs between two copies of the addon in one process. */
  tableId(): number;
  /** Returns the serial number that names the present tenant of the slot. */
  shareRange(slot: number): number;
  /**
   * Returns a duplicate of the range's descriptor. -ENOENT: the slot has another tenant, or its owner has closed it.
   */
  attachDescriptor(slot: number, serial: number): number;

  // memory/shared_windows.cc

  /** A SharedArrayBuffer over part of a slot. -ENOTSUP: the runtime cannot make one. */
  sharedWindow(slot: number, offset: number, length: number): SharedArrayBuffer | number;
  /** The number of those that a thread may still use. */
  sharedWindows(slot: number): number;

  // memory/window_exports.cc

  /** An ArrayBuffer over part of a slot. {@link handOut} must follow. -ENOTSUP: the runtime forbids external memory. */
  window(slot: number, offset: number, length: number): ArrayBuffer | number;
  /**
   * Must be called before JavaScript uses the ArrayBuffer of the last window(), or the one that its memory was
   * transferred to.
   */
  handOut(window: ArrayBuffer): number;
  /**
   * Every view of the ArrayBuffer becomes length 0. On Node >= 24 a buffer that was marked untransferable ends the
   * process: see NativeRegion.detach().
   */
  detach(window: ArrayBuffer): number;

  // memory/advise.cc

  /** madvise(2). */
  advise(slot: number, offset: number, length: number, advice: number): number;
  /** mincore(2): the number of pages of the range that are in memory. */
  residency(slot: number, offset: number, length: number): number;
  /** mlock2(2); `onFault` 1: with MLOCK_ONFAULT, which never write-faults a private mapping. */
  lock(slot: number, offset: number, length: number, onFault: number): number;
  /** munlock(2). */
  unlock(slot: number, offset: number, length: number): number;

  // memory/populate.cc

  /** Brings pages into memory; `write` 1: by write faults. -EFAULT: a page cannot be brought in. */
  populate(slot: number, offset: number, length: number, write: number): number;
  populateAsync(slot: number, offset: number, length: number, write: number): Promise<number> | number;

  // memory/areas.cc

  /**
   * Adds `count` to the areas of memory that the threads of this process may create, and returns the sum, which never
   * falls.
   */
  chargeAreas(count: number): number;

  // thread/counts.cc

  /** A new block of 32 counts of this thread, all zeros; -ENOTSUP: the runtime forbids external memory. */
  makeCounts(): ArrayBuffer | number;
  /** Adds up the counts of all threads of the process. -EINVAL: not 32 elements. */
  sumCounts(into: Float64Array): number;

  // persist/flush.cc

  /**
   * Chooses the instruction of flushLines() for this thread. `bit`: one bit of cpuFlushInstructions(). -ENOTSUP: not on
   * this CPU.
   */
  chooseFlush(bit: number): number;
  /** Registers: 0 slot, 1 offset, 2 length. Starts writing back the cache lines of the range. */
  flushLines: (this: void) => void;
  /** Waits for earlier flushes and non-temporal stores: a fence instruction. */
  drainLines: (this: void) => void;
  /** flushLines() and drainLines(). */
  persistLines: (this: void) => void;
  /**
   * persistLines() of many ranges. `pairs`: offset and length in turn. Registers: 0 slot, 1 number of pairs, 2 length
   * of the region. Register 3 on return: the index of the first pair outside the region, or -1.
   */
  persistRanges: (this: void, pairs: Float64Array) => void;
  persistLinesAsync(slot: number, offset: number, length: number): Promise<number> | number;

  // persist/store.cc

  /**
   * Chooses the non-temporal stores of this thread by their width in bytes: 16, 32 or 64; 0: none. -ENOTSUP: not on
   * this CPU.
   */
  chooseStores(width: number): number;
  /**
   * Copies `source` to the range, and never more than `length` bytes, even if the source has grown. Source and range
   * may overlap. Registers: 0 slot, 1 offset, 2 length, 3 a constant of register-calls.ts.
   */
  storeBytes: (this: void, source: Uint8Array) => void;
  /** Fills the range. Registers: 0 to 3 as for storeBytes(), 4 the value. */
  fillBytes: (this: void) => void;
  /**
   * Stores 8 bytes at once. Registers: 0 slot, 1 offset, a multiple of 8, 2 the number 8, 3 as for storeBytes(), 4 the
   * word.
   */
  storeWord: (this: void) => void;

  // persist/sync.cc

  /** msync(2) with MS_SYNC; `offset` is a multiple of the page size. */
  sync(slot: number, offset: number, length: number): number;
  syncAsync(slot: number, offset: number, length: number): Promise<number> | number;
  /** fsync(2). */
  syncFile(fd: number): number;
  syncFileAsync(fd: number): Promise<number> | number;
  /** syncfs(2): the whole file system of the file. */
  syncFileSystem(fd: number): number;
  syncFileSystemAsync(fd: number): Promise<number> | number;
  /**
   * sync_file_range(2): starts writing dirty pages. `finish` 1: also waits for them and drops them from the page cache
   * with posix_fadvise(2).
   */
  writeBack(fd: number, offset: number, length: number, finish: 0 | 1): number;
  writeBackAsync(fd: number, offset: number, length: number, finish: 0 | 1): Promise<number> | number;
  /**
   * cachestat(2), Linux 6.5: the number of pages that are dirty or being written. `length` 0: to the end of the file.
   */
  dirtyPages(fd: number, offset: number, length: number): number;

  // persist/arch/*/cpu.cc

  /**
   * The instructions of this CPU that write a cache line back, as bits: 1 clflush, 2 clflushopt, 4 clwb, 8 dc cvac, 16
   * dc cvap, 32 dc cvadp.
   */
  cpuFlushInstructions(): number;

  // file/descriptor_exports.cc

  /** open(2) with O_CLOEXEC. This thread owns the descriptor. */
  open(path: string, flags: number, mode: number): number;
  /**
   * open(2) with O_RDWR, or O_RDONLY where writing is not permitted, then close(2), on a thread of its own: waits for a
   * lease holder.
   */
  openAndWait(path: string): Promise<number> | number;
  /** fcntl(2), F_DUPFD_CLOEXEC. This thread owns the new descriptor. */
  duplicate(fd: number): number;
  /** close(2) of a descriptor of this thread. -EBADF: it is not one. */
  closeDescriptor(fd: number): number;
  /** faccessat(2) for the effective user. `mode`: R_OK, W_OK. Opens nothing. */
  access(path: string, mode: number): number;
  /** fcntl(2), F_GETFL. */
  statusFlags(fd: number): number;
  /** f_type of fstatfs(2). */
  fileSystem(fd: number): number;

  // file/status.cc

  /**
   * Registers: 0 size, 1 mode, 2 blocks of 512 bytes, 3 dev, 4 ino rounded to a double, 5 ino as an integer, 6 mount id
   * (0: not known), 7 on DAX (1 yes, 0 no, -1 not known), 8 rdev, 9 user id of the owner.
   */
  stat(fd: number): number;
  /** The same for a path; follows links and opens nothing. */
  statPath(path: string): number;

  // file/allocate.cc

  /** fallocate(2). */
  allocate(fd: number, mode: number, offset: number, length: number): number;
  allocateAsync(fd: number, mode: number, offset: number, length: number): Promise<number> | number;
  /** ftruncate(2). */
  truncate(fd: number, length: number): number;

  // file/lock.cc

  /**
   * F_OFD_SETLK on one byte, counted from 2^62. `type`: 0 shared, 1 exclusive, 2 none. `note` 1: closing the
   * descriptor drops the lock explicitly, because the open file description may live on.
   */
  setLock(fd: number, byte: number, type: number, note: number): number;
  /**
   * F_OFD_GETLK: returns 1 if another open file description has a lock there (`own` 1: if the description of `fd` has
   * one; -EINVAL before Linux 6.5). Registers: 0 first byte of the lock, counted from 2^62, 1
   * length (0: to the end), 2 pid (-1: the lock of a description), 3 exclusive (1) or shared (0).
   */
  testLock(fd: number, byte: number, own: number): number;

  // file/extents.cc

  /**
   * `how`: 0 FIEMAP, 1 FIEMAP after writing back, 2 SEEK_DATA (moves the position). `ticket`: a number that is not in
   * use. {@link takeExtents} must follow, also after a failure.
   */
  readExtents(fd: number, offset: number, length: number, how: number, ticket: number): number;
  readExtentsAsync(fd: number, offset: number, length: number, how: number, ticket: number): Promise<number> | number;
  /**
   * The result: offset, physical address, length and FIEMAP_EXTENT_* flags in turn. -ECANCELED: this thread is being
   * stopped.
   */
  takeExtents(ticket: number): Float64Array | number;
  /** FS_IOC_GETFLAGS. */
  inodeFlags(fd: number): number;

  // file/copy.cc

  /** pread(2) and pwrite(2), which never share blocks. Returns the number of bytes copied. */
  copyBytes(from: number, fromOffset: number, to: number, toOffset: number, length: number): number;
  copyBytesAsync(
    from: number,
    fromOffset: number,
    to: number,
    toOffset: number,
    length: number,
  ): Promise<number> | number;
  /** copy_file_range(2). Returns the number of bytes copied. */
  copyRange(from: number, fromOffset: number, to: number, toOffset: number, length: number): number;
  copyRangeAsync(
    from: number,
    fromOffset: number,
    to: number,
    toOffset: number,
    length: number,
  ): Promise<number> | number;
  /** FICLONE. */
  clone(to: number, from: number): number;
  cloneAsync(to: number, from: number): Promise<number> | number;
  /**
   * FIDEDUPERANGE with one destination: the number of bytes shared. -4096: the ranges differ. Below -4096: -4096 minus
   * the errno of the destination.
   */
  dedupe(from: number, fromOffset: number, length: number, to: number, toOffset: number): number;
  dedupeAsync(from: number, fromOffset: number, length: number, to: number, toOffset: number): Promise<number> | number;

  // file/memfd.cc

  /** memfd_create(2) with MFD_ALLOW_SEALING: the descriptor. */
  memoryFile(name: string): number;
  /** fcntl(2), F_ADD_SEALS. */
  addSeals(fd: number, seals: number): number;

  // probe/probe.cc

  /** The number of lines of /proc/self/maps. */
  countMaps(): number;
  /** getrlimit(2): the soft limit; -1: unlimited. */
  resourceLimit(resource: number): number;
  /** 0: a mapping of that kind can be created at offset 0; it is removed before the call returns. */
  tryMap(fd: number, length: number, prot: number, flags: number): number;
  /** 0: a write lease was granted; it is dropped before the call returns. */
  tryLease(fd: number): number;
  /** 0: the file system answers FIEMAP. */
  tryExtents(fd: number): number;

  // probe/try_direct.cc

  /**
   * Makes the file `length` bytes long, maps it with `flags` and truncates it to the same size. Returns the result of
   * ftruncate(2); -ETIMEDOUT: no result within the time. 1: mmap(2) failed, and register 0 has its errno.
   */
  tryDirect(fd: number, length: number, flags: number, milliseconds: number): number;

  // probe/constants.cc

  /** Constants of the C headers, by name. */
  constants(): Readonly<Record<string, number>>;
}
