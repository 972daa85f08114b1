import type { FileOperations } from './file-operations.js';
import { errno } from '../core/errors.js';
import type { Operation } from '../core/sync-or-async.js';
import type { DeviceDax } from '../storage/device-dax.js';
import type { Identity } from '../storage/inode-id.js';
import type { SyncRefusal } from '../storage/mounts.js';
import type { PersistentRegion, PowerFailDomain } from '../storage/persistent-memory.js';

const CALL_ERRORS: ReadonlySet<number> = new Set([errno.EINVAL, errno.ENOMEM, errno.EBUSY, errno.EBADF, errno.EAGAIN]);

/** The call itself failed: its result says nothing about a write-back. */
export function isCallError(result: number): boolean {
  return CALL_ERRORS.has(result);
}

/**
 * An open file behind mappings, as regions and seals use it. The one implementation is BackingFile
 * (lib/file/backing-file.ts), which counts its references; the last release() closes the descriptor.
 */
export interface OpenFile {
  readonly files: FileOperations;
  readonly fd: number;
  /** O_RDONLY, O_WRONLY or O_RDWR. */
  readonly accessMode: number;
  /** This package made the open file description, and no other code has a descriptor of it to lock with. */
  readonly ownsDescription: boolean;
  readonly dev: Identity;
  readonly ino: Identity;
  /** The number of a device. */
  readonly rdev: Identity;
  readonly mode: number;
  /** The file is on DAX; undefined: statx(2) does not say. */
  readonly dax: boolean | undefined;
  /** undefined: the file is no device-dax. */
  readonly device: DeviceDax | undefined;
  /** The first mapping that asks for MAP_SYNC fills it in. Later mappings need not ask. */
  readonly syncRefusal: SyncRefusal;
  /** f_type of statfs(2). */
  readonly fileSystem: number;
  /** The power-fail domain of the persistent memory under the file. */
  readonly powerFailDomain: PowerFailDomain;
  readonly persistentRegions: PersistentRegion[];
  /** Bytes. Infinity: a device of unknown size. */
  readonly size: number;
  /** The number of failed write-backs of this file. A mapping compares it with the number that it was told. */
  readonly writeBackFailures: number;

  /**
   * The result of an msync(2) or fsync(2). Linux reports a failed write-back once per open file (errseq, Linux 4.13),
   * and all mappings of a file here share one open file: the next flush would report success. So each mapping is told
   * once.
   *
   * @param seen - the number of failures that the caller was told. @param path - of the caller's mapping.
   * @throws The failure itself, or the last one that was reported to another flush of the file.
   */
  checkWriteBack(result: number, syscall: string, seen: number, path: string | undefined): void;
  /** fsync(2). `path`, here and below, is only for an error. */
  sync(path: string | undefined): Operation<void>;
  /** FileOperations.writeBack(). */
  writeBack(offset: number, length: number, how: 'start' | 'finish', path: string | undefined): Operation<void>;

  /** One more reference. */
  retain(): this;
  /** One reference less; the last one closes the descriptor. */
  release(): void;
}
