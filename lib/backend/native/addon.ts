/**
 * The native addon's raw exports, typed. Every function takes numbers that TypeScript has checked and returns a number:
 * the result, or a negative errno. `slot` names a range in the addon's process-wide table (src-native/memory/ranges.h).
 * Offsets and lengths are bytes from the start of the range.
 */
export interface Addon {
  /** 128 bytes through which a call returns more than one number, as doubles or as 64-bit integers. */
  readonly registers: ArrayBuffer;

  /** mmap(2): the slot. */
  map(fd: number, offset: number, length: number, prot: number, flags: number): number;
  /** Address space without memory behind it: the slot. `flags`: those of mmap(2) that choose the address, which will be `phase` past a
   * multiple of `align`, a power of two. */
  reserve(length: number, flags: number, align: number, phase: number): number;
  /** mmap(2) with MAP_FIXED inside a slot's own address space. */
  mapFixed(slot: number, at: number, fd: number, offset: number, length: number, prot: number, flags: number): number;
  /** An anonymous placeholder over part of a slot: stores into it go nowhere. */
  cover(slot: number, at: number, length: number): number;
  /** Lets go: the file's pages are gone on return, the addresses when their last user is. */
  close(slot: number): number;
  /** Lets go after garbage collection: whoever still uses the memory keeps it. */
  abandon(slot: number): number;
  /** Register 0 (integer): the address. */
  address(slot: number): number;
  /** How many hold the memory: the owner, one per window, one per running call. */
  users(slot: number): number;
  /** `pinned` 1: when the thread ends the addresses stay, under a placeholder, for the life of the process. */
  pin(slot: number, pinned: 0 | 1): number;
  /** Ranges whose addresses stay for the life of the process, because somebody may use them who will not tell when that ends: of pins,
   * and of ArrayBuffers whose memory was moved out of a thread that has ended. They are in no other count. */
  keptCount(): number;
  /** Ranges in use in the whole process, all threads. */
  rangeCount(): number;

  /** An ArrayBuffer over part of a slot, for {@link handOut}, which must follow; -ENOTSUP where the runtime forbids external memory. */
  window(slot: number, offset: number, length: number): ArrayBuffer | number;
  /** The ArrayBuffer of the last window(), or the one that its memory was transferred to, may be used from now on. */
  handOut(window: ArrayBuffer): number;
  /** Every view of it becomes length 0. Fatal on Node >= 24 for a buffer marked untransferable: see native.ts. */
  detach(window: ArrayBuffer): number;

  open(path: string, flags: number, mode: number): number;
  /** open(2) O_RDWR (O_RDONLY where that is not allowed) and close(2), on a thread of its own. */
  openAndWait(path: string): Promise<number> | number;
  duplicate(fd: number): number;
  closeDescriptor(fd: number): number;
  /** Registers: 0 size, 1 mode, 2 blocks of 512 bytes, 3 dev, 4 ino rounded to a double, 5 ino as an integer, 6 mount id (0: not known),
   * 7 on DAX (1 yes, 0 no, -1 not known), 8 rdev, 9 user id of the owner. */
  stat(fd: number): number;
  /** The same of a path, links followed: opens nothing. */
  statPath(path: string): number;
  /** faccessat(2) for the effective user. `mode`: R_OK, W_OK. */
  access(path: string, mode: number): number;
  statusFlags(fd: number): number;
  fileSystem(fd: number): number;

  /** Tells this addon's slots from those of another copy of it in the same process. */
  tableId(): number;
  shareRange(slot: number): number;
  attachDescriptor(slot: number, serial: number): number;

  /** msync(2) MS_SYNC; `offset` is page-aligned. */
  sync(slot: number, offset: number, length: number): number;
  syncAsync(slot: number, offset: number, length: number): Promise<number> | number;
  /** fsync(2). */
  syncFile(fd: number): number;
  syncFileAsync(fd: number): Promise<number> | number;
  /** syncfs(2): all of the file system that holds the file. */
  syncFileSystem(fd: number): number;
  syncFileSystemAsync(fd: number): Promise<number> | number;
  /** sync_file_range(2): starts writing dirty pages; with `finish` 1 waits for them, then posix_fadvise(2) lets them go. */
  writeBack(fd: number, offset: number, length: number, finish: 0 | 1): number;
  writeBackAsync(fd: number, offset: number, length: number, finish: 0 | 1): Promise<number> | number;
  /** cachestat(2), Linux 6.5: pages that are dirty or just being written. `length` 0: to the end of the file. */
  dirtyPages(fd: number, offset: number, length: number): number;

  /** -ENOTSUP: not on this CPU. `bit` as cpuFlushInstructions() has it. */
  chooseFlush(bit: number): number;
  /** Width of the non-temporal stores in bytes, 16, 32 or 64; 0: none. -ENOTSUP: not on this CPU. */
  chooseStores(width: number): number;
  /** Registers: 0 slot, 1 offset, 2 length. Starts writing the cache lines of the range back. */
  flushLines: (this: void) => void;
  /** A fence: waits for flushes and non-temporal stores. */
  drainLines: (this: void) => void;
  /** flushLines() and drainLines(). */
  persistLines: (this: void) => void;
  /** Offset and length in turn. Registers: 0 slot, 1 how many pairs, 2 the length of the region; 3 on return: the first pair
   * that is not inside that, or -1. */
  persistRanges: (this: void, pairs: Float64Array) => void;
  persistLinesAsync(slot: number, offset: number, length: number): Promise<number> | number;
  /** Registers: 0 slot, 1 offset, 2 length, 3 bits: 1 flush, 2 drain. At most `length` bytes, however long the source is by now.
   * May overlap the range. */
  storeBytes: (this: void, source: Uint8Array) => void;
  /** Registers: 0 slot, 1 offset, 2 length, 3 as storeBytes, 4 value. */
  fillBytes: (this: void) => void;

  advise(slot: number, offset: number, length: number, advice: number): number;
  residency(slot: number, offset: number, length: number, pageSize: number): number;
  lock(slot: number, offset: number, length: number, onFault: number): number;
  unlock(slot: number, offset: number, length: number): number;
  populate(slot: number, offset: number, length: number, write: number, pageSize: number): number;
  populateAsync(
    slot: number,
    offset: number,
    length: number,
    write: number,
    pageSize: number,
  ): Promise<number> | number;

  /** fallocate(2). */
  allocate(fd: number, mode: number, offset: number, length: number): number;
  allocateAsync(fd: number, mode: number, offset: number, length: number): Promise<number> | number;
  truncate(fd: number, length: number): number;

  /** F_OFD_SETLK on one byte of the seal protocol (src-native/file/lock.cc). `type`: 0 shared, 1 exclusive, 2 none. `note`: 1 when closing the
   * descriptor must drop the lock by itself, because its description may live on. */
  setLock(fd: number, byte: number, type: number, note: number): number;
  /** F_OFD_GETLK: 1 when another description (`own` 1: that of `fd`; -EINVAL before Linux 6.5) has a lock there. Registers: 0 first byte,
   * relative to the protocol's first, 1 length (0: to the end), 2 pid (-1: a description's), 3 whether it is exclusive. */
  testLock(fd: number, byte: number, own: number): number;

  /** `how`: 0 FIEMAP, 1 FIEMAP after writing back, 2 SEEK_DATA (moves the position). `ticket`: a number not in use, for
   * {@link takeExtents}, which must follow, after a failure too. */
  readExtents(fd: number, offset: number, length: number, how: number, ticket: number): number;
  readExtentsAsync(fd: number, offset: number, length: number, how: number, ticket: number): Promise<number> | number;
  /** Offset, physical address, length, FIEMAP_EXTENT_* flags in turn. -ECANCELED: this thread is being stopped. */
  takeExtents(ticket: number): Float64Array | number;
  /** FS_IOC_GETFLAGS. */
  inodeFlags(fd: number): number;

  /** pread(2) and pwrite(2): never shares blocks. */
  copyBytes(from: number, fromOffset: number, to: number, toOffset: number, length: number): number;
  copyBytesAsync(
    from: number,
    fromOffset: number,
    to: number,
    toOffset: number,
    length: number,
  ): Promise<number> | number;
  /** copy_file_range(2). */
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
  /** FIDEDUPERANGE with one destination. -4096: the ranges differ; below it, by an errno: that is the destination's. */
  dedupe(from: number, fromOffset: number, length: number, to: number, toOffset: number): number;
  dedupeAsync(from: number, fromOffset: number, length: number, to: number, toOffset: number): Promise<number> | number;

  /**
   * Names one more function that hears of leases and watches of this environment. It is called on its
   * thread, never inside another call, and does not keep the process alive. What comes before this call is lost. `kind`:
   * - 1 'break': somebody waits for the file of lease `id`; it will be let go by itself in `detail` milliseconds.
   * - 2 'gone': lease `id` was let go by itself, or the kernel took it. `detail`: 0, or a negative errno of a range of
   *   fenceOnLeaseEnd() that still reaches the file.
   * - 3 'hint': the file of watch `id` was touched, by anybody, this process included; `detail`: the IN_* bits of inotify(7)
   *   since the last hint. IN_Q_OVERFLOW: perhaps it was. IN_IGNORED: no more will come.
   * - 4 'intact': nobody waits for lease `id` any more, and it was not let go.
   * A notice of a lease may come after releaseLease(): it was under way. None of a watch comes after unwatch().
   */
  onNotices(listener: (kind: number, id: number, detail: number) => void): number;
  /**
   * A write lease: every open(2) and truncate(2) of the file from now on waits, also one of this process (O_NONBLOCK: fails
   * with EWOULDBLOCK), until the lease is let go: by releaseLease(), with its descriptor or its environment, or by itself
   * `grace` milliseconds after the first of them came, in any case before the kernel takes it. One that did not wait
   * changes nothing, except that the lease is let go and taken again: an open(2) in between is let in and is told by a
   * watch only, or by 'gone' if it has not closed the file again. Returns its id, from 1, never used again. -EAGAIN: the
   * file is open elsewhere too, or leased by this process; -EACCES: neither the file's owner nor CAP_LEASE.
   * `fd` is one of open()'s; `dev` and `ino` are those of stat(), as doubles.
   */
  lease(fd: number, dev: number, ino: number, grace: number): number;
  /** Whoever waits is let in at once. -ENOENT: it is gone already, or going. */
  releaseLease(id: number): number;
  /** 1 while it is held and nobody has asked for the file; 0 otherwise, for a moment also while an O_NONBLOCK open fails. */
  leaseHeld(id: number): number;
  /** All of the slot is covered by a placeholder right before the lease is let go by itself, even if this thread is blocked; not
   * before, but after, if the whole process was stopped until the kernel took it. -ENOENT: gone, or going. */
  fenceOnLeaseEnd(id: number, slot: number): number;
  /** 1: the slot is being covered, or was, because of fenceOnLeaseEnd(). Asked after a flush: 0 says that it was one. */
  isFenced(slot: number): number;
  /** Takes fenceOnLeaseEnd() back; the slot may be closed by now. -ENOENT: gone, or going. */
  unregisterFence(id: number, slot: number): number;
  /** 1: when the lease is let go by itself, every lock of its description is dropped before, even if this thread is blocked.
   * At first 0. -ENOENT: gone, or going. */
  locksEndWithLease(id: number, yields: number): number;
  /** The id of this process's lease on that file, in whatever thread, or 0. Opens nothing: it rings no bell. */
  findLease(dev: number, ino: number): number;
  /** Leases of the whole process, all threads. */
  leaseCount(): number;
  /** Hints when the file of `fd` is written, truncated, allocated, closed, or changed in its attributes or name; not of stores
   * into a mapping. Returns its id, from 1, never used again. -EMFILE, -ENOSPC: the user's limits of inotify(7). */
  watch(fd: number): number;
  unwatch(id: number): number;

  memoryFile(name: string): number;
  addSeals(fd: number, seals: number): number;

  countMaps(): number;
  /** Adds to what the threads of this process were allowed to add to countMaps(): the sum so far, which never falls. */
  chargeAreas(count: number): number;
  /** getrlimit(2), the soft limit; -1: unlimited. */
  resourceLimit(resource: number): number;
  /** 0 when a mapping of that kind can be made at offset 0; it is gone again. */
  tryMap(fd: number, length: number, prot: number, flags: number): number;
  /** 0 when a write lease was granted; it is given back. */
  tryLease(fd: number): number;
  /** 0 when the file system answers FIEMAP. */
  tryExtents(fd: number): number;
  /** Maps `length` bytes with `flags` (the file is made that long) and truncates the file to its own size: what ftruncate(2)
   * says, -ETIMEDOUT: nothing so far; or 1: mmap(2) refused, register 0 has its errno. */
  tryDirect(fd: number, length: number, flags: number, milliseconds: number): number;
  /** The C headers' constants, by name. */
  constants(): Readonly<Record<string, number>>;
  /** Bits: 1 clflush, 2 clflushopt, 4 clwb, 8 dc cvac, 16 dc cvap, 32 dc cvadp. */
  cpuFlushInstructions(): number;
}
