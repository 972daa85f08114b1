import { deviceEnd } from '../storage/inode-type.js';
import { isRegular } from '../storage/inode-type.js';
import type { FileOperations } from '../backend/file-operations.js';
import type { FileStatus } from '../storage/file-status.js';
import { deviceDaxOf, type DeviceDax } from '../storage/device-dax.js';
import { isSystemError, systemError } from '../core/errors.js';
import { call, type Operation } from '../core/sync-or-async.js';
import { namesFilesByInode } from '../storage/file-systems.js';
import type { Identity, Inode } from '../storage/inode-id.js';
import { mountOf, type Mount, type SyncRefusal } from '../storage/mounts.js';
import {
  persistentRegions,
  weakestDomain,
  type PersistentRegion,
  type PowerFailDomain,
} from '../storage/persistent-memory.js';
import { isCallError, type OpenFile } from '../backend/open-file.js';
import { registryPart } from '../core/registry.js';

/**
 * Open files behind mappings, by inode number. Each set is short where inode numbers name files: one entry for each
 * device and access mode.
 */
export const openFiles = registryPart('files', () => new Map<Identity, Set<BackingFile>>());

/** The origin of a descriptor that becomes a BackingFile. */
export interface Opening {
  /** This package made the open file description, and no other code has a descriptor of it to lock or unlock with. */
  readonly ownsDescription: boolean;
  /** Memory without a name: its inode number has 32 bits and starts again at 0. Default false. */
  readonly anonymous?: boolean;
}

/**
 * An open file behind mappings. A thread has one for each inode and access mode, so 60,000 mappings of one file need
 * one descriptor. It starts with one reference; the last release() closes the descriptor.
 *
 * Mappings share it only where device and inode number name one file (file-systems.ts). On other file systems two files
 * may have the same numbers. A mapping with the length of one file over the pages of the other would be SIGBUS.
 */
export class BackingFile implements OpenFile {
  private references = 1;
  private wasFound = false;
  private failureCount = 0;
  private lastFailure = 0;
  private readonly mount: Mount;
  /** Other mappings of the inode may share it. */
  private readonly isShared: boolean;
  /** {@link Opening.ownsDescription} */
  readonly ownsDescription: boolean;
  readonly rdev: Identity;
  /** The first mapping that asks for MAP_SYNC fills it in; the next one need not ask again. */
  readonly syncRefusal: SyncRefusal;
  readonly dev: Identity;
  readonly ino: Identity;
  readonly mode: number;
  /** The file is on DAX; undefined: statx(2) does not say. */
  readonly dax: boolean | undefined;
  /** undefined: it is no device-dax. */
  readonly device: DeviceDax | undefined;

  private constructor(
    readonly files: FileOperations,
    readonly fd: number,
    /** O_RDONLY, O_WRONLY or O_RDWR. */
    readonly accessMode: number,
    status: FileStatus,
    { ownsDescription, anonymous = false }: Opening,
  ) {
    this.ownsDescription = ownsDescription;
    const mount = mountOf(status, () => files.fileSystem(fd));
    this.mount = mount;
    this.isShared = !anonymous && namesFilesByInode(mount.fileSystem);
    // Where the file's own attribute does not say that it has no DAX, only the file itself can refuse.
    this.syncRefusal = status.dax === false ? mount.syncRefusal : { errno: 0 };
    this.dev = status.dev;
    this.ino = status.ino;
    this.mode = status.mode;
    this.dax = status.dax;
    this.rdev = status.rdev;
    this.device = deviceDaxOf(status);
  }

  /**
   * Takes `fd` over (it is closed here, at the latest by release()) and returns the one BackingFile of its inode and
   * access mode: perhaps one that was there already.
   *
   * @param status - of `fd`.
   */
  static of(files: FileOperations, fd: number, accessMode: number, status: FileStatus, opening: Opening): BackingFile {
    const known = opening.anonymous === true ? undefined : BackingFile.known(files, accessMode, status);
    if (known === undefined) return BackingFile.add(files, fd, accessMode, status, opening);
    files.close(fd);
    return known;
  }

  /** {@link BackingFile.of} for a descriptor of the caller. It is duplicated only if its file is new in this thread. */
  static ofCallers(files: FileOperations, fd: number, accessMode: number, status: FileStatus): BackingFile {
    const known = BackingFile.known(files, accessMode, status);
    return known ?? BackingFile.add(files, files.adopt(fd), accessMode, status, { ownsDescription: false });
  }

  /** The BackingFile that is open already, with one more reference; undefined if two files may have these numbers. */
  static known(files: FileOperations, accessMode: number, inode: Inode): BackingFile | undefined {
    const found = BackingFile.find(inode, (file) => file.accessMode === accessMode && file.files === files);
    if (found !== undefined) found.wasFound = true;
    return found?.retain();
  }

  /** Any BackingFile of the inode, in any access mode; without one more reference. */
  static anyOf(files: FileOperations, inode: Inode): BackingFile | undefined {
    return BackingFile.find(inode, (file) => file.files === files);
  }

  private static find({ dev, ino }: Inode, wanted: (file: BackingFile) => boolean): BackingFile | undefined {
    for (const file of openFiles.get(ino) ?? []) {
      if (file.dev !== dev) continue;
      if (!file.isShared) return undefined; // two files may have these numbers
      if (wanted(file)) return file;
    }
    return undefined;
  }

  /** Another mapping of this thread has opened the file since it was created, or has it open in another mode. */
  get openedElsewhere(): boolean {
    if (this.wasFound) return true;
    for (const file of openFiles.get(this.ino) ?? []) if (file !== this && file.dev === this.dev) return true;
    return false;
  }

  private static add(
    files: FileOperations,
    fd: number,
    accessMode: number,
    status: FileStatus,
    opening: Opening,
  ): BackingFile {
    const made = new BackingFile(files, fd, accessMode, status, opening);
    const sameInode = openFiles.get(made.ino);
    if (sameInode === undefined) openFiles.set(made.ino, new Set([made]));
    else sameInode.add(made);
    return made;
  }

  /** f_type of statfs(2). */
  get fileSystem(): number {
    return this.mount.fileSystem;
  }

  /** The part of the machine that is flushed at power loss, of the persistent memory under the file. */
  get powerFailDomain(): PowerFailDomain {
    if (this.device !== undefined) return weakestDomain(this.persistentRegions);
    return (this.mount.powerFailDomain ??= weakestDomain(this.persistentRegions));
  }

  get persistentRegions(): PersistentRegion[] {
    return this.device === undefined ? persistentRegions('block', this.dev) : persistentRegions('char', this.rdev);
  }

  /** Bytes. Infinity: a device that does not say where it ends. */
  get size(): number {
    if (this.device !== undefined) return this.device.size;
    if (!isRegular(this)) return deviceEnd(this); // its st_size is 0
    return this.files.stat(this.fd).size;
  }

  /** The number of failed write-backs of this file. A mapping compares it with the number that it has seen. */
  get writeBackFailures(): number {
    return this.failureCount;
  }

  /**
   * Checks the result of an msync(2) or fsync(2). Linux reports a failed write-back once for each open file (errseq,
   * Linux 4.13), and all mappings of a file share one open file: the next flush would report success. So each mapping
   * gets the failure once.
   *
   * @param seen - the failures that the caller has been told of. @param path - of the caller's mapping.
   * @throws The failure itself, or the one that another flush of the file was told of.
   */
  checkWriteBack(result: number, syscall: string, seen: number, path: string | undefined): void {
    if (result < 0) {
      this.noteFailure(result);
      throw systemError(result, syscall, path);
    }
    if (seen === this.failureCount) return;
    throw systemError(
      this.lastFailure,
      syscall,
      path,
      'a write-back of this file failed and another flush was told of it; dirty bytes may be lost, and a retry that succeeds proves nothing',
    );
  }

  private noteFailure(result: number): void {
    if (isCallError(result)) return;
    this.failureCount++;
    this.lastFailure = result;
  }

  /** A call that writes back; its failure is counted. An abort before the call is no failure of it. */
  private writingBack(now: () => void, later: () => Promise<void>): Operation<void> {
    const fail = (error: unknown): never => {
      if (isSystemError(error)) this.noteFailure(error.errno);
      throw error;
    };
    const nowOrFail = (): void => {
      try {
        now();
      } catch (error) {
        fail(error);
      }
    };
    return call(nowOrFail, () => later().catch(fail));
  }

  /** {@link OpenFile.sync} */
  sync(path: string | undefined): Operation<void> {
    const { files, fd } = this;
    return this.writingBack(
      () => files.sync(fd, path),
      () => files.syncAsync(fd, path),
    );
  }

  /** {@link OpenFile.writeBack} */
  writeBack(offset: number, length: number, how: 'start' | 'finish', path: string | undefined): Operation<void> {
    const { files, fd } = this;
    return this.writingBack(
      () => files.writeBack(fd, offset, length, how, path),
      () => files.writeBackAsync(fd, offset, length, how, path),
    );
  }

  retain(): this {
    this.references++;
    return this;
  }

  release(): void {
    if (--this.references > 0) return;
    const sameInode = openFiles.get(this.ino);
    if (sameInode?.size === 1) openFiles.delete(this.ino);
    else sameInode?.delete(this);
    this.files.close(this.fd);
  }
}
