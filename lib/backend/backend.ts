import type { BackingFile } from '../file/backing-file.js';
import type { Granularity } from '../core/granularity.js';
import type { Identity } from '../storage/inode-id.js';
import type { Growth } from './map-budget.js';
import type { Ranges } from '../core/range-list.js';

/**
 * What a backend can do, as data: tests and users branch on it, never on `process.platform`.
 */
export interface Capabilities {
  /** Stores are seen at once by every other mapping of the file, in this and in other processes. */
  readonly coherent: boolean;
  /** `Mapping.address` is the real address of the bytes; otherwise it is 0n. */
  readonly address: boolean;
  /** MAP_SYNC can be asked for. */
  readonly mapSync: boolean;
  /** advise, lock and residency reach the kernel; otherwise they check their arguments and do nothing, and every page
   * counts as resident. */
  readonly paging: boolean;
  /** resize() within `reserve` keeps earlier views valid; otherwise every resize detaches them. */
  readonly growInPlace: boolean;
  /** `size` allocates blocks; otherwise it extends the file with a hole (a full disk shows at persist). */
  readonly allocate: boolean;
  /** Locks of open file descriptions, FIEMAP and leases: seals bind other threads and processes, and are verified. Otherwise
   * a seal binds its own thread only, and nothing of it is verified. */
  readonly sealLocks: boolean;
  /** anonymous({ seals }) is enforced by the kernel; otherwise seals are refused. */
  readonly memorySeals: boolean;
  /** A dropped writable mapping is released by garbage collection even after a view of it was handed out. */
  readonly collectsWithViews: boolean;
  /** arrayBuffer() gives any part; otherwise only the whole mapping, and EOPNOTSUPP for less. */
  readonly partialArrayBuffers: boolean;
  /** The largest mapping in bytes. */
  readonly maxLength: number;
}

/** fstat(2) of a descriptor, as far as it is needed here. Sizes in bytes. */
export interface FileStatus {
  readonly dev: Identity;
  readonly ino: Identity;
  /** Of a device: which one. */
  readonly rdev: Identity;
  readonly size: number;
  readonly mode: number;
  /** The owner's user id. */
  readonly uid: number;
  /** Bytes that are allocated on the disk. */
  readonly allocated: number;
  /** Of the mounted file system, never used again for another one; 0: not known. */
  readonly mount: number;
  /** The file is on DAX; undefined: cannot tell. */
  readonly dax: boolean | undefined;
}

/** Somebody's lock, as F_OFD_GETLK tells of it. */
export interface FoundLock {
  /**
   * It covers nothing but bytes of the seal protocol, and belongs to an open file description: a lock of the protocol. More than
   * one byte when the kernel has joined two of one kind side by side, as of an exclusive sealer for a moment.
   */
  readonly ofProtocol: boolean;
  /** -1: the lock of an open file description, which has no process. */
  readonly pid: number;
  readonly exclusive: boolean;
}

/** Bytes far past any data that stand for the states of an inode: sealed, mutating, sealed so that it can be broken. */
export type SealByte = 'sealed' | 'mutating' | 'breakable';

/** How {@link FileOperations.readExtents} asks: FIEMAP; FIEMAP after writing back; SEEK_DATA. */
export type ExtentQuestion = 'now' | 'synced' | 'seek';

/** What became of one destination of FIDEDUPERANGE. */
export interface Deduped {
  /** That are shared now. */
  readonly bytes: number;
  /** 0; 1: the two ranges differ; a negative errno that concerns the destination, -ETXTBSY when it is sealed. */
  readonly status: number;
}

/**
 * Operations on descriptors. Each throws a system error (errors.ts) that names its call; `path` is only for that error.
 * Descriptors made here are O_CLOEXEC, belong to the calling thread and are closed when it ends.
 */
export interface FileOperations {
  /** open(2); `flags` are fs.constants.O_*. */
  open(path: string, flags: number, mode: number): number;
  /** A descriptor of our own for the caller's `fd`: the caller may close theirs at once. @throws as accessMode(). */
  adopt(fd: number): number;
  /** open(2) and close(2) on a thread of its own: waits as long as somebody's lease makes it wait. */
  knock(path: string): Promise<void>;
  close(fd: number): void;
  stat(fd: number, path?: string): FileStatus;
  /** stat(2): links are followed, nothing is opened. undefined: there is nothing, or nothing that we may look at. */
  statPath(path: string): FileStatus | undefined;
  /** Fails as an open(2) that asks for that access mode would for want of permission; opens nothing. */
  checkAccess(path: string, accessMode: number): void;
  /** O_RDONLY, O_WRONLY or O_RDWR. @throws EBADF, also for an O_PATH descriptor. */
  accessMode(fd: number): number;
  /** O_APPEND: every write goes to the end. The emulation says false. */
  appends(fd: number): boolean;
  /** f_type of statfs(2); 0 where it cannot be told. */
  fileSystem(fd: number): number;
  /** fallocate(2); mode 0 allocates the range, makes the file that long and never changes a byte that is there. */
  fallocate(fd: number, mode: number, offset: number, length: number, path?: string): void;
  fallocateAsync(fd: number, mode: number, offset: number, length: number, path?: string): Promise<void>;
  truncate(fd: number, length: number, path?: string): void;

  /** An open file description of our own of the file behind `fd`, whatever became of its name. `flags`: fs.constants.O_*. @throws ENOENT: no /proc. */
  reopen(fd: number, flags: number, path?: string): number;
  /** Takes (or with 'none' gives back) a lock on a byte of the seal protocol. @returns false: somebody's is in the way. */
  setLock(fd: number, byte: SealByte, type: 'shared' | 'exclusive' | 'none', path?: string): boolean;
  /** A lock of another open file description on that byte. */
  findLock(fd: number, byte: SealByte, path?: string): FoundLock | undefined;
  /** The open file description of `fd` itself has a lock of the protocol on that byte. undefined: the kernel does not say (before Linux 6.5). */
  ownsLock(fd: number, byte: SealByte, path?: string): boolean | undefined;

  /** Offset, physical address, length, FIEMAP_EXTENT_* flags in turn, of what is allocated in
   * that range. 'seek' wants a description of our own. */
  readExtents(fd: number, offset: number, length: number, question: ExtentQuestion, path?: string): Float64Array;
  readExtentsAsync(
    fd: number,
    offset: number,
    length: number,
    question: ExtentQuestion,
    path?: string,
  ): Promise<Float64Array>;
  /** FS_*_FL of FS_IOC_GETFLAGS; 0 where there are none. */
  inodeFlags(fd: number): number;

  /** copy_file_range(2); `share: false`: never shares blocks. @returns bytes. */
  copyRange(from: number, fromOffset: number, to: number, toOffset: number, length: number, share: boolean): number;
  copyRangeAsync(
    from: number,
    fromOffset: number,
    to: number,
    toOffset: number,
    length: number,
    share: boolean,
  ): Promise<number>;
  /** FICLONE: `to` becomes a clone of `from`. */
  clone(to: number, from: number, path?: string): void;
  cloneAsync(to: number, from: number, path?: string): Promise<void>;
  /** FIDEDUPERANGE. */
  dedupe(from: number, fromOffset: number, length: number, to: number, toOffset: number): Deduped;
  dedupeAsync(from: number, fromOffset: number, length: number, to: number, toOffset: number): Promise<Deduped>;
  /** fsync(2): data, length, blocks. Of a directory: its entries. */
  sync(fd: number, path?: string): void;
  syncAsync(fd: number, path?: string): Promise<void>;
  /** syncfs(2): all of the file system that holds the file, directory entries too. The emulation has none: EOPNOTSUPP. */
  syncFileSystem(fd: number, path?: string): void;
  syncFileSystemAsync(fd: number, path?: string): Promise<void>;
  /**
   * sync_file_range(2): the range's dirty pages are on their way; after 'finish' they have been written, and those that nobody has
   * mapped have left the page cache. Makes nothing durable.
   */
  writeBack(fd: number, offset: number, length: number, how: 'start' | 'finish', path?: string): void;
  writeBackAsync(fd: number, offset: number, length: number, how: 'start' | 'finish', path?: string): Promise<void>;
}

/** What {@link Backend.map} is asked for; all of it checked by the caller. */
export interface RegionRequest {
  /** undefined: MAP_ANONYMOUS. The region takes a reference of its own and gives it back when it is closed. */
  readonly file: BackingFile | undefined;
  /** As the caller named the file, for errors: one BackingFile may serve mappings of several names. */
  readonly path: string | undefined;
  /** Into the file, page-aligned. */
  readonly offset: number;
  /** > 0. */
  readonly length: number;
  readonly prot: number;
  /** mmap(2) flags without MAP_SYNC: that is decided by `sync`. */
  readonly flags: number;
  readonly sync: 'auto' | 'require' | 'off';
  /** Address space to keep, >= length; 0: none beyond the mapping. */
  readonly reserve: number;
  /** Pages of a private region are never brought in by write faults, although it is writable. Default false. */
  readonly gentle?: boolean;
}

/** Bytes from the start of a region. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Names a region within its process as long as it lives. */
export interface RegionToken {
  /** Which copy of the addon's table of ranges; 0 without an addon. */
  readonly table: number;
  readonly slot: number;
  readonly serial: number;
  /** The region's own descriptor, for another copy of the addon; -1: none. */
  readonly fd: number;
}

/**
 * One mapped range and the memory behind it. Offsets and lengths are bytes from its start, already checked against
 * `length`; they need not be page-aligned unless said. Methods throw system errors. Single-threaded: the creator's.
 */
export interface Region {
  readonly file: BackingFile | undefined;
  readonly offset: number;
  readonly length: number;
  readonly prot: number;
  /** As granted, MAP_SYNC included. */
  readonly flags: number;
  /** 0: MAP_SYNC was granted; undefined: not asked for; otherwise the negative errno that refused it. */
  readonly syncErrno: number | undefined;
  /** 0n where the backend has none. */
  readonly address: bigint;
  /** Bytes that are mapped at a time: a page, or a huge one. */
  readonly unit: number;

  /** An ArrayBuffer over exactly that range. Two windows over the same bytes see each other's stores. */
  window(offset: number, length: number): ArrayBuffer;
  /** Every view of the window becomes length 0, as far as the runtime lets us; afterwards it never reaches the file. */
  detach(window: ArrayBuffer): void;

  /** On return the bytes are where msync(2) and fdatasync(2) put them. Nothing to do on a private region. */
  sync(offset: number, length: number): void;
  syncAsync(offset: number, length: number): Promise<void>;
  /** sync() of many spans, in order and none touching another, in as few steps as can be without writing much that lies between. */
  syncAll(spans: readonly Span[]): void;

  /**
   * Copies the first `length` bytes of `source` into the region, as memmove(3) does. `source` may have become longer since it was
   * checked (a growable SharedArrayBuffer), so nobody asks it again. Every aligned 8 bytes are stored at once where the backend
   * is native. Makes nothing durable.
   */
  store(source: Uint8Array, offset: number, length: number): void;
  /** memset(3), likewise. */
  storeValue(value: number, offset: number, length: number): void;

  /** `advice` is a MADV_* number. Advice that discards content wants page-aligned ranges (checked by the caller). */
  advise(advice: number, offset: number, length: number): void;
  /** Pages present; `write`: writable as well. Never write-faults a private region. */
  populate(offset: number, length: number, write: boolean): void;
  populateAsync(offset: number, length: number, write: boolean): Promise<void>;
  residency(offset: number, length: number): { pages: number; resident: number };
  lock(offset: number, length: number): void;
  unlock(offset: number, length: number): void;

  /**
   * Changes `length`. The file already is long enough. The caller has detached, before the call, every window that
   * reaches past a smaller `length`. Returns the region to go on with: this one, if it could change in place (windows
   * stay valid); otherwise a new one over the same bytes, and the caller detaches the windows of this one and closes it.
   */
  resize(length: number): Region;

  /** Its addresses stay, whatever happens to this thread, until unpin(). Once at a time; close() does not come in between. */
  pin(): void;
  unpin(): void;

  /** Asynchronous calls run. */
  readonly busy: boolean;
  /** For share(). */
  readonly token: RegionToken;
  /** It is just being cut off from the file, or was, by {@link Bells.leaseRange}: a flush that has ended by now may have been none. */
  readonly isCut: boolean;

  /**
   * Nothing of it reaches the file any more: not a store through a view, not one through its address, which finds zeros of its
   * own. The caller has detached the windows. Only close() and abandon() may follow. When close() has ended it does nothing.
   */
  fence(): void;

  /**
   * After it nothing here is used again. Running asynchronous calls end first; the file's pages are gone after them. A failure then is no
   * failure of those calls: it is a process warning, and it is tried again.
   *
   * @param gone - called when they are.
   * @throws ENOSPC, ENOMEM, ...: nothing has changed, and it may be called again.
   */
  close(gone?: () => void): void;
  /** As close(), and never throws: a failure is a process warning, and it is tried again. For a region whose place another has taken. */
  closeLater(): void;
  /** As close(), for a region whose Mapping and windows were garbage collected. */
  abandon(): void;
}

/** A region whose CPU cache lines can be written back: all of the native backend. None of these can fail. */
export interface LineRegion extends Region {
  /** Starts writing the lines of a range back. */
  flushLines(offset: number, length: number): void;
  /** On return everything that was flushed before has arrived in memory. */
  drainLines(): void;
  persistLines(offset: number, length: number): void;
  persistLinesAsync(offset: number, length: number): Promise<void>;
  /** Many ranges, one drain. These alone are not checked by the caller: the first pair that is outside, or -1. */
  persistLineRanges(ranges: Ranges): number;
  /** store() and flush, around the cache where that is faster; with a drain at the end if wanted. */
  storeLines(source: Uint8Array, offset: number, length: number, drain: boolean): void;
  /** storeValue(), flush and drain. */
  fillLines(value: number, offset: number, length: number): void;
}

/** What the native thread behind {@link Bells} tells of. `detail` is in milliseconds for 'break', inotify's mask for 'hint'. */
export type Notice = 'break' | 'gone' | 'whole' | 'hint';

/**
 * Leases and watches: what the kernel tells of on its own. One thread of the process receives it, also while this one is
 * blocked, and tells this one in a later turn of its loop. Nothing of it keeps the process alive.
 */
export interface Bells {
  /** Who hears of the notices of this thread; once. */
  listen(listener: (notice: Notice, id: number, detail: number) => void): void;
  /** F_SETLEASE F_WRLCK. From a 'break' (somebody waits) it is let go by itself after `grace` ms: 'gone'. @throws EAGAIN, EACCES, ... */
  lease(fd: number, dev: Identity, ino: Identity, grace: number, path?: string): number;
  /** Lets waiting openers in at once. */
  releaseLease(id: number): void;
  /** The kernel still has it, and nobody is breaking it. */
  leaseHeld(id: number): boolean;
  /** Before the lease is let go by itself, nothing of the region reaches the file any more. Returns the range's number. */
  leaseRange(id: number, region: Region): number;
  /** Takes that back, also of a region that is closed. Returns false: it was cut off already, or is just being. */
  forgetLeaseRange(id: number, range: number): boolean;
  /** Whether the locks of its description go with a lease that is let go by itself. At first not. Returns false: it is gone, or going. */
  leaseYields(id: number, yields: boolean): boolean;
  /** Some thread of this process has a lease on it: opening it would ring. Asks no system call. */
  isLeased(dev: Identity, ino: Identity): boolean;
  readonly anyLease: boolean;
  /** Hints of changes to the inode behind `fd`: inotify(7). */
  watch(fd: number, path?: string): number;
  unwatch(id: number): void;
}

/**
 * The contract between the policy in TypeScript and what does the work. Implementations: native.ts (mmap(2) through the
 * addon) and emulated.ts (heap memory, pread and pwrite). One conformance suite runs over both.
 */
export interface Backend {
  readonly kind: 'native' | 'emulated';
  readonly capabilities: Capabilities;
  readonly files: FileOperations;
  /** undefined: the backend has none. */
  readonly bells: Bells | undefined;
  /** Why it is this one, a sentence each with the remedy; empty for the native one. */
  readonly reasons: readonly string[];
  /** How a shared mapping of that granularity is persisted: `Durability.method`. */
  method(granularity: Granularity): string;
  map(request: RegionRequest): Region;
  /** A file in memory without a name (memfd_create(2)), `length` bytes long, with F_SEAL_* bits set. */
  memoryFile(name: string, length: number, seals: number): number;
  /** A descriptor of the file of a region that lives in this process, perhaps in another thread: ours, to close.
   * ENOENT: it was closed. The caller checks that it is the right file. */
  attachDescriptor(token: RegionToken, path: string | undefined): number;
  /** Tries on a scratch file in `directory` (of file system `dev`) whether mmap(2) with that flag seals the file. A negative errno: it
   * could not be tried, or mmap(2) refused. */
  tryDirect(directory: string, dev: Identity, flag: number, milliseconds: number): 'sealed' | 'not sealed' | number;
  /** Throws ENOMEM with the remedy for a mapping of more than `capabilities.maxLength` bytes; changes nothing. */
  checkLength(length: number, path: string | undefined): void;
  /** Throws ENOMEM when a call that adds so many areas would bring the process near vm.max_map_count; changes nothing. */
  checkRoom(growth: Growth, path?: string): void;
}
