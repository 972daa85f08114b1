import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, type SystemError } from '../errors.js';
import { kindOf } from '../kind.js';
import { registry } from '../registry.js';
import type { ParsedTarget } from '../target.js';
import { inodeKey, nameOf, type Named } from './inode-key.js';
import { isLeasedHere } from './leased.js';
import { isSealed } from './protocol.js';
import { sealLockInProc } from './proc-locks.js';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = fsConstants;

function sealedHere(named: Named): boolean {
  return registry.seals.has(inodeKey(named));
}

/** Anything else is not opened to look: a writer that waits at a FIFO for its reader would write to nobody. */
export function isOfSealableKind(named: Named): boolean {
  const kind = kindOf(named);
  return kind === 'file' || kind === 'device-dax';
}

/** A descriptor of our own for looking; undefined: somebody has a lease on the file. Never waits. */
export function openLook({ files }: Backend, path: string): number | undefined {
  try {
    return files.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  } catch (error) {
    if ((error as SystemError).errno === errno.EAGAIN) return undefined;
    throw error;
  }
}

function sealedPath(backend: Backend, path: string): boolean {
  const { files, capabilities } = backend;
  const named = nameOf(path);
  if (sealedHere(named)) return true;
  if (!capabilities.sealLocks || !isOfSealableKind(named)) return false;
  if (isLeasedHere(backend, named)) return sealLockInProc(named.dev, named.ino, 'sealed');
  const fd = openLook(backend, path);
  if (fd === undefined) return sealLockInProc(named.dev, named.ino, 'sealed');
  try {
    return isSealed(files, fd, path);
  } finally {
    files.close(fd);
  }
}

function sealedDescriptor({ files, capabilities }: Backend, fd: number): boolean {
  files.accessMode(fd); // EBADF as everywhere
  if (registry.seals.size > 0 && sealedHere(files.stat(fd))) return true;
  // A question only: the descriptor's own locks stay what they are. But a description never conflicts with itself, so
  // the asking one must not be a sealer's; ours never are the user's.
  return capabilities.sealLocks && isSealed(files, fd);
}

/** Somebody, in any thread or process, has sealed it. */
export function sealedNow(backend: Backend, { path, fd = -1 }: ParsedTarget): boolean {
  return path === undefined ? sealedDescriptor(backend, fd) : sealedPath(backend, path);
}
