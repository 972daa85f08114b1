import fs from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, systemError, type SystemError } from '../errors.js';
import { identity } from '../identity.js';
import { registry } from '../registry.js';
import type { ParsedTarget } from '../target.js';
import { inodeKey, type Named } from './inode-key.js';
import { isSealed } from './protocol.js';
import { sealLockInProc } from './proc-locks.js';

const { statSync } = fs; // taken now: guards replace it later
const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = fs.constants;

/** What names the file at a path. stat(2): it opens nothing, and so rings no lease. */
export function nameOf(path: string): Named {
  let status;
  try {
    status = statSync(path, { bigint: true });
  } catch (error) {
    throw systemError((error as SystemError).errno, 'stat', path);
  }
  return { dev: identity(status.dev), ino: identity(status.ino), rdev: identity(status.rdev), mode: Number(status.mode) };
}

/** As nameOf(); undefined: there is nothing, or nothing that we may look at. */
export function nameIfThere(path: string): Named | undefined {
  try {
    return nameOf(path);
  } catch {
    return undefined;
  }
}

function sealedHere(named: Named): boolean {
  return registry.seals.has(inodeKey(named));
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
  const { bells, files, capabilities } = backend;
  const ask = registry.seals.size > 0 || bells?.anyLease === true || !capabilities.sealLocks;
  const named = ask ? nameOf(path) : undefined;
  if (named !== undefined && sealedHere(named)) return true;
  if (!capabilities.sealLocks) return false;
  if (named !== undefined && bells?.isLeased(named.dev, named.ino) === true) return sealLockInProc(named.dev, named.ino, 'sealed');
  const fd = openLook(backend, path);
  if (fd === undefined) {
    const { dev, ino } = named ?? nameOf(path);
    return sealLockInProc(dev, ino, 'sealed');
  }
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
