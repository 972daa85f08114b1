import type { FileStatus } from '../storage/file-status.js';

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
  openAndWait(path: string): Promise<void>;
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
