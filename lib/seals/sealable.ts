import type { Backend } from '../backend/backend.js';
import type { OpenFile } from '../backend/open-file.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import { fileSystemOf } from '../storage/file-systems.js';
import type { Identity } from '../storage/inode-id.js';
import { isRegular } from '../storage/inode-type.js';

const FS_NOCOW_FL = 0x00800000; // linux/fs.h

/**
 * The file systems that are known to leave the block map alone under plain stores. A new one is added with its
 * conformance run.
 */
const sealable: ReadonlySet<string> = new Set(['ext4', 'xfs', 'tmpfs', 'btrfs']);

/** Seals can exist on a file system of that number (f_type of statfs(2)). Elsewhere no operation needs a guard. */
export function canBeSealed(fileSystem: number): boolean {
  return sealable.has(fileSystemOf(fileSystem).name);
}

/** The device of memfd_create(2): a tmpfs of the kernel's own, which cannot be mounted. */
const memoryDevices = new WeakMap<Backend, Identity>();

function memoryDeviceOf(backend: Backend): Identity {
  const known = memoryDevices.get(backend);
  if (known !== undefined) return known;
  const fd = backend.memoryFile('mapdirect', 1, 0);
  try {
    const { dev } = backend.files.stat(fd);
    memoryDevices.set(backend, dev);
    return dev;
  } finally {
    backend.files.close(fd);
  }
}

/** The error for a seal of memory without a file. */
export function nothingToSeal(path: string | undefined): SystemError {
  return systemError(
    errno.EINVAL,
    'seal',
    path,
    'there is no file to seal; memory of anonymous() has the seals of the kernel: anonymous(length, { seals })',
  );
}

/**
 * Rule 4: the file system must be known to leave the block map alone. Rule 2: memory without a name is not sealed,
 * whatever the origin of its descriptor.
 *
 * @throws EOPNOTSUPP naming the file system and, where there is one, the remedy; EINVAL for memory of memfd_create(2).
 *   Nothing was changed.
 */
export function checkSealable(backend: Backend, file: OpenFile, path: string | undefined): void {
  if (file.device !== undefined) return;
  if (!isRegular(file))
    throw systemError(errno.EOPNOTSUPP, 'seal', path, 'only regular files and device-dax can be sealed');
  if (!backend.capabilities.sealLocks) return; // the emulation: its seals bind only their own thread, as documented
  const { name } = fileSystemOf(file.fileSystem);
  if (!sealable.has(name)) {
    throw systemError(
      errno.EOPNOTSUPP,
      'seal',
      path,
      `${name} is not known to leave the blocks of a file in place; use a file on ext4 or xfs`,
    );
  }
  if (name === 'tmpfs' && file.dev === memoryDeviceOf(backend)) throw nothingToSeal(path);
  if (name === 'btrfs' && (file.files.inodeFlags(file.fd) & FS_NOCOW_FL) === 0) {
    const remedy =
      'make the file NOCOW while it is empty (chattr +C on it, or on its directory before), or use a file on ext4 or xfs';
    throw systemError(errno.EOPNOTSUPP, 'seal', path, `btrfs moves blocks on plain writes: ${remedy}`);
  }
}
