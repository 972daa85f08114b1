import type { Identity } from './inode-id.js';

/** The fields of statx(2) that this package uses. Sizes in bytes. */
export interface FileStatus {
  readonly dev: Identity;
  readonly ino: Identity;
  /** Of a device file: the number of the device. */
  readonly rdev: Identity;
  readonly size: number;
  readonly mode: number;
  /** The user id of the owner. */
  readonly uid: number;
  /** Allocated bytes. */
  readonly allocated: number;
  /** The number of the mount, which Linux never uses again (Linux 6.8); 0: not known. */
  readonly mount: number;
  /** True: the file is on DAX. undefined: statx(2) does not tell. */
  readonly dax: boolean | undefined;
}
