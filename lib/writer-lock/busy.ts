import { errno, systemError, type SystemError } from '../core/errors.js';
import type { Inode } from '../storage/inode-id.js';
import { pidOfWriter } from './holder.js';
import type { LockFile } from './lock-file.js';

/** The EBUSY error of WriterLock.acquire() and acquireAsync(): another writer has the lock. */
export interface WriterBusyError extends SystemError {
  /** The process that has the lock. Missing: it cannot be known. */
  pid?: number;
}

function made(path: string | undefined, why: string, pid: number | undefined): WriterBusyError {
  return Object.assign(systemError(errno.EBUSY, 'fcntl', path, why), pid === undefined ? {} : { pid });
}

const UNKNOWN =
  'another process holds the writer lock; its pid cannot be known here (it belongs to another user, container or machine)';

/** @param pid - as fcntl(2) tells it; -1: an open file description has the lock. */
function byOthers(path: string | undefined, inode: Inode, pid: number): WriterBusyError {
  if (pid > 0) return made(path, `a record lock of process ${pid} covers the byte of the writer lock`, pid);
  const found = pidOfWriter(inode);
  if (found === undefined) return made(path, UNKNOWN, undefined);
  const who = found === process.pid ? 'another thread of this process' : `process ${found}`;
  return made(path, `${who} holds the writer lock; wait longer, or end that writer`, found);
}

/** The error for a lock that could not be had in time. */
export function writerBusy(file: LockFile | undefined, path: string | undefined): WriterBusyError {
  if (file === undefined) return made(path, 'a process with a lease on the file holds the writer lock', undefined);
  if (file.isHeldByThread) {
    return made(path, 'this thread holds the writer lock already; release that one first', process.pid);
  }
  const pid = file.holder();
  if (pid === undefined) return made(path, 'another writer held the lock until a moment ago; try again', undefined);
  return byOthers(path, file.inode, pid);
}
