import type { Deduped, ExtentQuestion, FileOperations, FoundLock, LockByte, SealByte } from '../file-operations.js';
import type { FileStatus } from '../../storage/file-status.js';
import { constants as fsConstants } from 'node:fs';
import { accessBits, accessModeOf } from '../descriptor-flags.js';
import { checked, errno, systemError } from '../../core/errors.js';
import { checkPermission } from '../../core/permission.js';
import type { Addon } from './addon.js';
import type { Native } from './register-calls.js';

const BLOCK = 512; // the unit of st_blocks, whatever the file system's own is

const { O_APPEND, O_DIRECTORY, O_NOCTTY, O_NONBLOCK } = fsConstants;

// Counted from 2^62. The byte of the writer lies apart, so that the kernel never joins its lock with one of a seal.
const lockBytes: Readonly<Record<LockByte, number>> = { sealed: 0, mutating: 1, breakable: 2, writer: 8 };
const SEAL_BYTES = 3;

// As src-native/file/lock.cc and extents.cc number them.
const lockTypes = { shared: 0, exclusive: 1, none: 2 } as const;
const extentQuestions: Readonly<Record<ExtentQuestion, number>> = { now: 0, synced: 1, seek: 2 };

const NO_PROC = 'a descriptor cannot be opened once more without /proc: mount it, or name the file by its path';

// As src-native/file/copy.cc has it.
const DIFFER = -4096;

function deduped(result: number): Deduped {
  if (result === DIFFER) return { bytes: 0, status: 1 };
  if (result < DIFFER) return { bytes: 0, status: result - DIFFER };
  return { bytes: checked(result, 'ioctl FIDEDUPERANGE'), status: 0 };
}

/** {@link FileOperations} through the addon. */
export class NativeFiles implements FileOperations {
  private readonly addon: Addon;
  private lastTicket = 0;

  constructor(private readonly native: Native) {
    this.addon = native.addon;
  }

  open(path: string, flags: number, mode: number): number {
    // The descriptor of a directory gives no access to its files.
    if ((flags & O_DIRECTORY) === 0) checkPermission(path, flags);
    return checked(this.addon.open(path, flags, mode), 'open', path);
  }

  adopt(fd: number): number {
    this.accessMode(fd);
    return checked(this.addon.duplicate(fd), 'fcntl');
  }

  async openAndWait(path: string): Promise<void> {
    checkPermission(path, fsConstants.O_RDONLY);
    checked(await this.addon.openAndWait(path), 'open', path);
  }

  close(fd: number): void {
    checked(this.addon.closeDescriptor(fd), 'close');
  }

  stat(fd: number, path?: string): FileStatus {
    checked(this.addon.stat(fd), 'fstat', path);
    return this.status();
  }

  statPath(path: string): FileStatus | undefined {
    return this.addon.statPath(path) < 0 ? undefined : this.status();
  }

  checkAccess(path: string, accessMode: number): void {
    checkPermission(path, accessMode);
    checked(this.addon.access(path, accessBits(accessMode)), 'open', path);
  }

  /** Reads the registers after stat() or statPath(). */
  private status(): FileStatus {
    const { registers: doubles, integers } = this.native;
    const rounded = doubles[4] ?? 0;
    return {
      dev: doubles[3] ?? 0,
      ino: rounded <= Number.MAX_SAFE_INTEGER ? rounded : (integers[5] ?? 0n),
      rdev: doubles[8] ?? 0,
      size: doubles[0] ?? 0,
      mode: doubles[1] ?? 0,
      uid: doubles[9] ?? 0,
      allocated: (doubles[2] ?? 0) * BLOCK,
      mount: doubles[6] ?? 0,
      dax: doubles[7] === -1 ? undefined : doubles[7] === 1,
    };
  }

  accessMode(fd: number): number {
    return accessModeOf(checked(this.addon.statusFlags(fd), 'fcntl'));
  }

  appends(fd: number): boolean {
    return (checked(this.addon.statusFlags(fd), 'fcntl') & O_APPEND) !== 0;
  }

  fileSystem(fd: number): number {
    // 0 for a file system that fails here, as some FUSE ones do.
    return Math.max(0, this.addon.fileSystem(fd));
  }

  fallocate(fd: number, mode: number, offset: number, length: number, path?: string): void {
    checked(this.addon.allocate(fd, mode, offset, length), 'fallocate', path);
  }

  async fallocateAsync(fd: number, mode: number, offset: number, length: number, path?: string): Promise<void> {
    checked(await this.addon.allocateAsync(fd, mode, offset, length), 'fallocate', path);
  }

  truncate(fd: number, length: number, path?: string): void {
    checked(this.addon.truncate(fd, length), 'ftruncate', path);
  }

  reopen(fd: number, flags: number, path?: string): number {
    const opened = this.addon.open(`/proc/self/fd/${fd}`, flags | O_NONBLOCK | O_NOCTTY, 0);
    // An open descriptor always exists in /proc, even for a file without a name: ENOENT means that /proc is missing.
    return checked(opened, 'open', path, opened === errno.ENOENT ? NO_PROC : undefined);
  }

  setLock(fd: number, byte: LockByte, type: 'shared' | 'exclusive' | 'none', path?: string): boolean {
    // The lock of a mutator is on a description that is neither mapped nor duplicated, so close(2) alone drops it.
    const endsWithDescriptor = byte === 'mutating' && type === 'shared';
    const result = this.addon.setLock(
      fd,
      lockBytes[byte],
      lockTypes[type],
      type === 'none' || endsWithDescriptor ? 0 : 1,
    );
    if (result === errno.EAGAIN) return false;
    checked(result, 'fcntl', path);
    return true;
  }

  findLock(fd: number, byte: LockByte, path?: string): FoundLock | undefined {
    return checked(this.addon.testLock(fd, lockBytes[byte], /*own=*/ 0), 'fcntl', path) === 0
      ? undefined
      : this.foundLock(byte);
  }

  ownsLock(fd: number, byte: SealByte, path?: string): boolean | undefined {
    const found = this.addon.testLock(fd, lockBytes[byte], /*own=*/ 1);
    if (found === errno.EINVAL) return undefined;
    return checked(found, 'fcntl', path) === 1 && this.foundLock(byte).ofProtocol;
  }

  private foundLock(byte: LockByte): FoundLock {
    const [first = 0, length = 0, pid = -1, exclusive = 0] = this.native.registers;
    const [start, end] = byte === 'writer' ? [lockBytes.writer, lockBytes.writer + 1] : [0, SEAL_BYTES];
    const isWithin = first >= start && length > 0 && first + length <= end;
    return { ofProtocol: isWithin && pid === -1, pid, exclusive: exclusive === 1 };
  }

  readExtents(fd: number, offset: number, length: number, question: ExtentQuestion, path?: string): Float64Array {
    const ticket = ++this.lastTicket;
    const result = this.addon.readExtents(fd, offset, length, extentQuestions[question], ticket);
    return this.taken(ticket, result, question, path);
  }

  async readExtentsAsync(
    fd: number,
    offset: number,
    length: number,
    question: ExtentQuestion,
    path?: string,
  ): Promise<Float64Array> {
    const ticket = ++this.lastTicket;
    const result = await this.addon.readExtentsAsync(fd, offset, length, extentQuestions[question], ticket);
    return this.taken(ticket, result, question, path);
  }

  private taken(ticket: number, result: number, question: ExtentQuestion, path: string | undefined): Float64Array {
    const table = this.addon.takeExtents(ticket);
    const syscall = question === 'seek' ? 'lseek' : 'ioctl FS_IOC_FIEMAP';
    checked(result, syscall, path);
    if (typeof table === 'number') throw systemError(table, syscall, path, 'this thread is being stopped');
    return table;
  }

  inodeFlags(fd: number): number {
    return Math.max(0, this.addon.inodeFlags(fd));
  }

  copyRange(from: number, fromOffset: number, to: number, toOffset: number, length: number, share: boolean): number {
    const { addon } = this;
    const copied = share
      ? addon.copyRange(from, fromOffset, to, toOffset, length)
      : addon.copyBytes(from, fromOffset, to, toOffset, length);
    return checked(copied, 'copy_file_range');
  }

  async copyRangeAsync(
    from: number,
    fromOffset: number,
    to: number,
    toOffset: number,
    length: number,
    share: boolean,
  ): Promise<number> {
    const { addon } = this;
    const copied = share
      ? addon.copyRangeAsync(from, fromOffset, to, toOffset, length)
      : addon.copyBytesAsync(from, fromOffset, to, toOffset, length);
    return checked(await copied, 'copy_file_range');
  }

  clone(to: number, from: number, path?: string): void {
    checked(this.addon.clone(to, from), 'ioctl FICLONE', path);
  }

  async cloneAsync(to: number, from: number, path?: string): Promise<void> {
    checked(await this.addon.cloneAsync(to, from), 'ioctl FICLONE', path);
  }

  dedupe(from: number, fromOffset: number, length: number, to: number, toOffset: number): Deduped {
    return deduped(this.addon.dedupe(from, fromOffset, length, to, toOffset));
  }

  async dedupeAsync(from: number, fromOffset: number, length: number, to: number, toOffset: number): Promise<Deduped> {
    return deduped(await this.addon.dedupeAsync(from, fromOffset, length, to, toOffset));
  }

  sync(fd: number, path?: string): void {
    checked(this.addon.syncFile(fd), 'fsync', path);
  }

  async syncAsync(fd: number, path?: string): Promise<void> {
    checked(await this.addon.syncFileAsync(fd), 'fsync', path);
  }

  syncFileSystem(fd: number, path?: string): void {
    checked(this.addon.syncFileSystem(fd), 'syncfs', path);
  }

  async syncFileSystemAsync(fd: number, path?: string): Promise<void> {
    checked(await this.addon.syncFileSystemAsync(fd), 'syncfs', path);
  }

  writeBack(fd: number, offset: number, length: number, how: 'start' | 'finish', path?: string): void {
    checked(this.addon.writeBack(fd, offset, length, how === 'finish' ? 1 : 0), 'sync_file_range', path);
  }

  async writeBackAsync(
    fd: number,
    offset: number,
    length: number,
    how: 'start' | 'finish',
    path?: string,
  ): Promise<void> {
    checked(await this.addon.writeBackAsync(fd, offset, length, how === 'finish' ? 1 : 0), 'sync_file_range', path);
  }
}
