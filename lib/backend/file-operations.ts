import type { FileStatus } from '../storage/file-status.js';

/** A lock of another open file description or process, as F_OFD_GETLK reports it. */
export interface FoundLock {
  /**
   * A lock of the protocol of that byte: it covers only bytes of the protocol, and belongs to an open file description.
   * It has more than one byte if the kernel has joined two adjacent locks of one kind; an exclusive sealer has such a
   * lock for a moment.
   */
  readonly ofProtocol: boolean;
  /** -1: the lock belongs to an open file description, which has no process. */
  readonly pid: number;
  readonly exclusive: boolean;
}

/** The bytes, far past any data, whose locks mean a state of the inode: sealed, mutating, sealed and breakable. */
export type SealByte = 'sealed' | 'mutating' | 'breakable';

/** All bytes with such locks. The lock of 'writer' belongs to the one writer of the file. */
export type LockByte = SealByte | 'writer';

/** The query of {@link FileOperations.readExtents}: FIEMAP; FIEMAP after a write-back; SEEK_DATA. */
export type ExtentQuestion = 'now' | 'synced' | 'seek';

/** The result of FIDEDUPERANGE for one destination. */
export interface Deduped {
  /** Bytes that the two files share now. */
  readonly bytes: number;
  /** 0: shared. 1: the two ranges differ. A negative errno about the destination: -ETXTBSY if it is sealed. */
  readonly status: number;
}

/**
 * Operations on descriptors. Each throws a system error (core/errors.ts) with the name of its call; `path` is only for
 * that error. New descriptors have O_CLOEXEC, belong to the calling thread, and are closed when it ends.
 */
export interface FileOperations {
  /** open(2); `flags` are fs.constants.O_*. */
  open(path: string, flags: number, mode: number): number;
  /** A descriptor of the package's own for `fd`. The caller may close `fd` at once. @throws as accessMode(). */
  adopt(fd: number): number;
  /** open(2) and close(2) on a thread of its own, which waits while a lease on the file makes it wait. */
  openAndWait(path: string): Promise<void>;
  close(fd: number): void;
  stat(fd: number, path?: string): FileStatus;
  /** stat(2): follows links and opens nothing. undefined: the path has no file, or no permission to see it. */
  statPath(path: string): FileStatus | undefined;
  /** Opens nothing. @throws the error of an open(2) with that access mode that permissions refuse. */
  checkAccess(path: string, accessMode: number): void;
  /** O_RDONLY, O_WRONLY or O_RDWR. @throws EBADF, also for an O_PATH descriptor. */
  accessMode(fd: number): number;
  /** `fd` has O_APPEND: every write goes to the end. Always false on the emulation. */
  appends(fd: number): boolean;
  /** f_type of statfs(2); 0: unknown. */
  fileSystem(fd: number): number;
  /** fallocate(2). Mode 0 allocates the range, makes a shorter file longer, and never changes an existing byte. */
  fallocate(fd: number, mode: number, offset: number, length: number, path?: string): void;
  fallocateAsync(fd: number, mode: number, offset: number, length: number, path?: string): Promise<void>;
  truncate(fd: number, length: number, path?: string): void;

  /**
   * A new open file description of the file behind `fd`; the file needs no name. `flags`: fs.constants.O_*.
   * @throws ENOENT: no /proc.
   */
  reopen(fd: number, flags: number, path?: string): number;
  /** Takes a lock on a byte far past any data, or releases it ('none'). @returns false: another lock conflicts. */
  setLock(fd: number, byte: LockByte, type: 'shared' | 'exclusive' | 'none', path?: string): boolean;
  /** A lock of another open file description on that byte. */
  findLock(fd: number, byte: LockByte, path?: string): FoundLock | undefined;
  /**
   * The open file description of `fd` has a lock of the protocol on that byte. undefined: unknown (before Linux 6.5).
   */
  ownsLock(fd: number, byte: SealByte, path?: string): boolean | undefined;

  /**
   * The allocated extents of the range: offset, physical address, length and FIEMAP_EXTENT_* flags in turn. 'seek'
   * moves the position, so it needs a description of the package's own.
   */
  readExtents(fd: number, offset: number, length: number, question: ExtentQuestion, path?: string): Float64Array;
  readExtentsAsync(
    fd: number,
    offset: number,
    length: number,
    question: ExtentQuestion,
    path?: string,
  ): Promise<Float64Array>;
  /** FS_*_FL of FS_IOC_GETFLAGS; 0: none. */
  inodeFlags(fd: number): number;

  /** copy_file_range(2). `share: false`: the copy shares no blocks. @returns bytes. */
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
  /** syncfs(2): the whole file system of the file, with its directory entries. @throws EOPNOTSUPP on the emulation. */
  syncFileSystem(fd: number, path?: string): void;
  syncFileSystemAsync(fd: number, path?: string): Promise<void>;
  /**
   * sync_file_range(2). 'start' starts to write the dirty pages of the range. 'finish' waits for them, and drops the
   * unmapped ones from the page cache. It makes nothing durable.
   */
  writeBack(fd: number, offset: number, length: number, how: 'start' | 'finish', path?: string): void;
  writeBackAsync(fd: number, offset: number, length: number, how: 'start' | 'finish', path?: string): Promise<void>;
}
