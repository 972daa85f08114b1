import { errno, systemError } from './errors.js';

/** O_PATH of Linux, which node:fs does not name: the descriptor names a file and has not opened it. */
export const O_PATH = 0o10000000;

const ACCESS_MODE = 0o3; // O_ACCMODE

/**
 * O_RDONLY, O_WRONLY or O_RDWR of the flags that F_GETFL tells.
 *
 * @throws EBADF for an O_PATH descriptor. Its access mode reads as O_RDONLY, which it does not have.
 */
export function accessModeOf(flags: number): number {
  if ((flags & O_PATH) === 0) return flags & ACCESS_MODE;
  throw systemError(errno.EBADF, 'fcntl', undefined, 'it was opened with O_PATH, which names a file and does not open it; open it for reading, or for reading and writing');
}
