import { constants as fsConstants } from 'node:fs';
import { errno, systemError } from '../core/errors.js';

/** O_PATH of Linux: the descriptor names a file that it has not opened. node:fs has no constant for it. */
export const O_PATH = 0o10000000;

/** O_ACCMODE: the bits of O_RDONLY, O_WRONLY and O_RDWR. */
export const ACCESS_MODE = 0o3;

const { O_RDONLY, O_WRONLY, R_OK, W_OK } = fsConstants;

/**
 * O_RDONLY, O_WRONLY or O_RDWR, of the flags of F_GETFL.
 *
 * @throws EBADF for an O_PATH descriptor, whose flags look like those of O_RDONLY.
 */
export function accessModeOf(flags: number): number {
  if ((flags & O_PATH) === 0) return flags & ACCESS_MODE;
  throw systemError(
    errno.EBADF,
    'fcntl',
    undefined,
    'it was opened with O_PATH, which names a file and does not open it; open it for reading, or for reading and writing',
  );
}

/** The permissions that an open(2) with that access mode needs, as access(2) takes them. */
export function accessBits(accessMode: number): number {
  if (accessMode === O_RDONLY) return R_OK;
  return accessMode === O_WRONLY ? W_OK : R_OK | W_OK;
}
