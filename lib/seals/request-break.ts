import { sleep } from '../core/sync-or-async.js';
import type { InodeId } from '../storage/inode-id.js';
import { inodeAt } from '../storage/inode-id.js';
import { inodeKey } from '../storage/inode-id.js';
import type { Backend } from '../backend/backend.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import { sealedInodes } from './sealed-inodes.js';
import { runAsync } from '../core/sync-or-async.js';
import { parseTarget, type ParsedTarget, type Target } from '../core/target.js';
import { checkOptions } from '../core/check-options.js';
import { isLeasedByProcess } from './own-leases.js';
import { checkDeadline } from './options.js';
import { isSealedByOthers } from './seal-locks.js';
import { sealedError } from './mutation-guard.js';
import { hasSealLockInProc } from './proc-locks.js';
import { isSealableType, openForQuery, isTargetSealed } from './seal-query.js';

/** Options of seals.requestBreak(). */
export interface BreakOptions {
  /** Milliseconds. Default, and at most: what the holders' own deadlines are. */
  deadline?: number | undefined;
}

// Between the end of a lease and the word of its holder's thread.
const SETTLE_MS = 1000;
const LOOK_MS = 2;

/** Waits a little until nobody holds the seal any more. */
async function settled(backend: Backend, target: ParsedTarget): Promise<void> {
  for (let waited = 0; isTargetSealed(backend, target); waited += LOOK_MS) {
    if (waited >= SETTLE_MS) throw sealedError('requestBreak', target.path, 'its holder was asked and did not let go');
    await runAsync(sleep(LOOK_MS));
  }
}

/** Opens the file and waits for that: the open rings the holder's lease, and the kernel lets us in when it is given up. */
async function knock(backend: Backend, path: string): Promise<void> {
  try {
    await backend.files.openAndWait(path);
  } catch (error) {
    const { errno: failed } = error as SystemError;
    if (failed !== errno.EAGAIN) throw error;
  }
}

async function breakOfOthers(backend: Backend, target: ParsedTarget, named: InodeId): Promise<void> {
  const { path } = target;
  if (!backend.capabilities.sealLocks) return;
  const unasked = 'it is held by another thread or process and has no lease, so its holder cannot be asked';
  if (path === undefined) {
    if (isTargetSealed(backend, target))
      throw sealedError(
        'requestBreak',
        path,
        `${unasked}; a descriptor that is open stands in the way of a lease: ask by path`,
      );
    return;
  }
  if (!isSealableType(named)) return;
  const fd = isLeasedByProcess(backend, named) ? undefined : openForQuery(backend, path);
  if (fd !== undefined) {
    try {
      if (isSealedByOthers(backend.files, fd, named, path)) throw sealedError('requestBreak', path, unasked);
      return;
    } finally {
      backend.files.close(fd);
    }
  }
  if (!hasSealLockInProc(named.dev, named.ino, 'sealed')) return; // a stranger's lease, and no seal
  if (!hasSealLockInProc(named.dev, named.ino, 'breakable'))
    throw sealedError('requestBreak', path, 'it is not a breakable seal');
  await knock(backend, path);
  await settled(backend, target);
}

/** Rules 29 to 32. */
export async function requestBreak(backend: Backend, target: Target, options?: BreakOptions): Promise<void> {
  const parsed = parseTarget(target);
  const given = checkOptions<BreakOptions>(options, 'options', ['deadline']);
  const deadline = checkDeadline(given.deadline, 'options.deadline');
  if (parsed.path === undefined) backend.files.accessMode(parsed.fd ?? -1);
  const named = parsed.path === undefined ? backend.files.stat(parsed.fd ?? -1) : inodeAt(parsed.path);
  const mine = sealedInodes.get(inodeKey(named));
  if (mine === undefined) {
    await breakOfOthers(backend, parsed, named);
    return;
  }
  if (mine.policy !== 'breakable' || !mine.isKeptByPackage)
    throw systemError(
      errno.ETXTBSY,
      'requestBreak',
      parsed.path,
      'the file is sealed, and not every seal of it is breakable',
    );
  if (mine.isSealedByOthers())
    throw sealedError('requestBreak', parsed.path, 'another thread or process has sealed it too, and cannot be asked');
  await mine.requestBreak(deadline);
}
