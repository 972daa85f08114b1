import type { FileOperations } from '../file-operations.js';
import fs from 'node:fs';
import { FIEMAP_EXTENT_UNKNOWN } from '../../storage/extent-flags.js';
import { errno, systemError } from '../../core/errors.js';
import { GET_NATIVE } from '../remedy.js';

// Captured now, as in files.ts: guards and mocks replace them later.
const { readSync, writeSync } = fs;
const PIECE = 2 ** 20;

export function unsupported(syscall: string, path?: string): Error {
  return systemError(errno.EOPNOTSUPP, syscall, path, `node:fs has no such call; ${GET_NATIVE}`);
}

function copyBytes(from: number, fromOffset: number, to: number, toOffset: number, length: number): number {
  const buffer = Buffer.allocUnsafe(Math.min(PIECE, length));
  let done = 0;
  while (done < length) {
    const got = readSync(from, buffer, 0, Math.min(buffer.length, length - done), fromOffset + done);
    if (got === 0) break;
    done += writeSync(to, buffer, 0, got, toOffset + done);
  }
  return done;
}

/** The operations around seals. */
export type SealFiles = Pick<
  FileOperations,
  | 'openAndWait'
  | 'reopen'
  | 'setLock'
  | 'findLock'
  | 'ownsLock'
  | 'readExtents'
  | 'readExtentsAsync'
  | 'inodeFlags'
  | 'copyRange'
  | 'copyRangeAsync'
  | 'clone'
  | 'cloneAsync'
  | 'dedupe'
  | 'dedupeAsync'
  | 'writeBack'
  | 'writeBackAsync'
>;

/** The operations around seals, with node:fs alone: no locks, no extents, no shared blocks. */
export const emulatedSeals: SealFiles = {
  async openAndWait() {
    // The emulation has no leases.
  },
  reopen(_fd, _flags, path) {
    throw unsupported('open', path);
  },
  setLock: () => true,
  findLock: () => undefined,
  ownsLock: () => false,
  readExtents: (_fd, offset, length) => Float64Array.of(offset, 0, length, FIEMAP_EXTENT_UNKNOWN),
  async readExtentsAsync(fd, offset, length, question, path) {
    return this.readExtents(fd, offset, length, question, path);
  },
  inodeFlags: () => 0,
  copyRange: copyBytes,
  async copyRangeAsync(from, fromOffset, to, toOffset, length) {
    return copyBytes(from, fromOffset, to, toOffset, length);
  },
  clone(_to, _from, path) {
    throw unsupported('ioctl FICLONE', path);
  },
  async cloneAsync(_to, _from, path) {
    throw unsupported('ioctl FICLONE', path);
  },
  dedupe() {
    throw unsupported('ioctl FIDEDUPERANGE');
  },
  async dedupeAsync() {
    throw unsupported('ioctl FIDEDUPERANGE');
  },
  writeBack() {
    // node:fs cannot start a write-back; sync() does all of it.
  },
  async writeBackAsync() {
    // As writeBack().
  },
};
