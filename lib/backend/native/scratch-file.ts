import fs from 'node:fs';
import { randomUUID } from 'node:crypto';
import { errno } from '../../core/errors.js';
import { isPermitted } from '../../core/permission.js';
import type { Addon } from './addon.js';

const { unlinkSync } = fs; // captured now: guards replace it later
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = fs.constants;

// __O_TMPFILE of linux/fcntl.h, for which Node has no constant. Unlike O_DIRECTORY it is the same on all architectures.
const O_TMPFILE = 0o20000000 | O_DIRECTORY;

/** Makes a file without a name in the directory. @returns its descriptor, or a negative errno. */
export function openScratch(addon: Addon, directory: string): number {
  if (!isPermitted(directory, O_RDWR)) return errno.EACCES;
  // O_EXCL: no later link(2) can name it.
  const nameless = addon.open(directory, O_TMPFILE | O_RDWR | O_EXCL | O_NONBLOCK, 0o600);
  if (nameless >= 0) return nameless;
  const path = `${directory}/.mapdirect-probe-${randomUUID()}`;
  const named = addon.open(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0o600);
  if (named < 0) return named;
  try {
    unlinkSync(path);
  } catch (error) {
    addon.closeDescriptor(named);
    throw error;
  }
  return named;
}
