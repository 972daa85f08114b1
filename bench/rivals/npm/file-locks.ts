import fs from 'node:fs';
import { WriterLock } from '../../../lib/index.js';
import { loadRival } from './rival.js';

/** The rival of WriterLock. It locks a descriptor with F_OFD_SETLK and F_OFD_SETLKW, the same kind of lock. */
export const FILE_LOCKS = 'fs-native-extensions';

/** The part of {@link FILE_LOCKS} that the trials use. */
interface NativeExtensions {
  tryLock(fd: number): boolean;
  /** Waits in the kernel, on a thread of libuv's pool. */
  waitForLock(fd: number): Promise<void>;
}

/** One way to be the only writer of a file. Each function returns the release. */
export interface FileLocks {
  acquire(file: string): () => void;
  acquireAsync(file: string): Promise<() => void>;
}

const ours: FileLocks = {
  acquire: (file) => {
    const lock = WriterLock.acquire(file);
    return () => lock.release();
  },
  acquireAsync: async (file) => {
    const lock = await WriterLock.acquireAsync(file);
    return () => lock.release();
  },
};

function rivals(): FileLocks {
  const { tryLock, waitForLock } = loadRival(FILE_LOCKS) as NativeExtensions;
  return {
    acquire: (file) => {
      const fd = fs.openSync(file, 'r+');
      if (!tryLock(fd)) throw new Error(`${file} is locked`);
      return () => fs.closeSync(fd);
    },
    acquireAsync: async (file) => {
      const fd = fs.openSync(file, 'r+');
      await waitForLock(fd);
      return () => fs.closeSync(fd);
    },
  };
}

/** The locks of a package: {@link FILE_LOCKS}, or ours. */
export function fileLocks(name: string): FileLocks {
  return name === FILE_LOCKS ? rivals() : ours;
}
