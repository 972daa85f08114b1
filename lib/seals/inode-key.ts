import { constants as fsConstants } from 'node:fs';
import type { Identity } from '../identity.js';

/** What names an inode; of a device the device, whatever node in the file system stands for it. */
export interface Named {
  readonly dev: Identity;
  readonly ino: Identity;
  readonly rdev: Identity;
  readonly mode: number;
}

const { S_IFCHR, S_IFMT } = fsConstants;

/** Names an inode in this thread's registry. Never a path: two names of one file are one file. */
export function inodeKey({ dev, ino, rdev, mode }: Named): string {
  return (mode & S_IFMT) === S_IFCHR ? `device ${rdev}` : `${dev}:${ino}`;
}
