import type { BackingFile } from '../backing-file.js';
import { isRegular } from '../device-node.js';
import { errno, systemError } from '../errors.js';
import { fileSystemOf } from '../file-systems.js';

const FS_NOCOW_FL = 0x00800000; // linux/fs.h

const EXT4 = 0xef53;
export const XFS = 0x58465342;
const TMPFS = 0x01021994;
const BTRFS = 0x9123683e;

/** File systems that are known to keep a block map still under plain stores. A new one enters with its conformance run. */
const known: ReadonlySet<number> = new Set([EXT4, XFS, TMPFS, BTRFS]);

/** Seals can exist there at all; where they cannot, nothing need be guarded. */
export function canBeSealed(fileSystem: number): boolean {
  return known.has(fileSystem >>> 0);
}

/**
 * Rule 4: what is not known to keep its block map still is not sealed.
 *
 * @throws EOPNOTSUPP naming the file system and, where there is one, the remedy. Nothing was changed.
 */
export function checkSealable(file: BackingFile, path: string | undefined): void {
  if (file.device !== undefined) return;
  if (!isRegular(file)) throw systemError(errno.EOPNOTSUPP, 'seal', path, 'only regular files and device-dax can be sealed');
  if (file.files.fileSystem(file.fd) === 0) return; // the emulation: it binds its own thread only, and says so
  const type = file.fileSystem >>> 0;
  if (!known.has(type)) {
    const { name } = fileSystemOf(type);
    throw systemError(errno.EOPNOTSUPP, 'seal', path, `${name} is not known to keep the blocks of a file where they are; use a file on ext4 or xfs`);
  }
  if (type === BTRFS && (file.files.inodeFlags(file.fd) & FS_NOCOW_FL) === 0) {
    const remedy = "make the file NOCOW while it is empty (chattr +C on it, or on its directory before), or use a file on ext4 or xfs";
    throw systemError(errno.EOPNOTSUPP, 'seal', path, `btrfs moves blocks on plain writes: ${remedy}`);
  }
}
