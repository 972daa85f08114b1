import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { syncFs } from '../core/captured-fs.js';

const { O_APPEND, O_RDONLY } = fsConstants;
const ACCESS_MODE = 0o3; // O_ACCMODE

/** An open file description, as far as a write goes by it. */
export interface Description {
  readonly writable: boolean;
  readonly append: boolean;
  /** Where the next write goes; undefined where it cannot be told. */
  readonly position: number | undefined;
}

/** Node has no lseek(2) and no F_GETFL; /proc/self/fdinfo has both. */
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
