import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { ACCESS_MODE } from '../backend/descriptor-flags.js';
import { syncFs } from '../core/captured-fs.js';

const { O_APPEND, O_RDONLY } = fsConstants;

/** The facts of an open file description that a write depends on. */
export interface Description {
  readonly writable: boolean;
  readonly append: boolean;
  /** The position of the next write; undefined: it is not known. */
  readonly position: number | undefined;
}

/** Node has no lseek(2) and no F_GETFL; /proc/self/fdinfo tells both. */
export function readDescription({ files }: Backend, fd: number): Description {
  let info: string;
  try {
    info = syncFs.readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
  } catch {
    return { writable: files.accessMode(fd) !== O_RDONLY, append: files.appends(fd), position: undefined };
  }
  const flags = parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '0', 8);
  const position = /^pos:\s*(\d+)$/m.exec(info)?.[1];
  return {
    writable: (flags & ACCESS_MODE) !== O_RDONLY,
    append: (flags & O_APPEND) !== 0,
    position: position === undefined ? undefined : Number(position),
  };
}

/** {@link readDescription} without the position. */
export function readAccess(backend: Backend, fd: number): Pick<Description, 'writable' | 'append'> {
  const { files, capabilities } = backend;
  if (!capabilities.sealLocks) return readDescription(backend, fd); // the emulation has no F_GETFL either
  return { writable: isWritable(backend, fd), append: files.appends(fd) };
}

/** false also for a descriptor that is not open. */
export function isWritable({ files }: Backend, fd: number): boolean {
  try {
    return files.accessMode(fd) !== O_RDONLY;
  } catch {
    return false;
  }
}
