import { constants as fsConstants } from 'node:fs';
import { isDeviceDax } from './device-dax.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import type { Identity } from './inode-id.js';

/** What a target is, as far as it matters here. 'other': a pipe, a socket, a character device that is not a device-dax. */
export type Kind = 'file' | 'directory' | 'device-dax' | 'block' | 'other';

const { S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT, S_IFREG } = fsConstants;

export function kindOf({ mode, rdev }: { readonly mode: number | bigint; readonly rdev: Identity }): Kind {
  const type = Number(mode) & S_IFMT;
  if (type === S_IFREG) return 'file';
  if (type === S_IFDIR) return 'directory';
  if (type === S_IFBLK) return 'block';
  return type === S_IFCHR && isDeviceDax(rdev) ? 'device-dax' : 'other';
}

/** ENODEV for what is not opened to look at it: that can do something to it (start a watchdog, rewind a tape, wake a writer). */
export function notOpened(path: string, purpose: string): SystemError {
  return systemError(
    errno.ENODEV,
    'open',
    path,
    `a pipe, a socket or a device like this is not opened ${purpose}; use a regular file, or pass an open descriptor`,
  );
}
