import type { Identity } from './inode-id.js';

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
