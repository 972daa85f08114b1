// A thread that no command blocks. Rule 37: the lock of a seal goes after the end of each registration is confirmed.
import { parentPort } from 'node:worker_threads';
import { hasSealLockInProc } from '../../lib/seals/proc-locks.js';
import { inodeAt, type InodeId } from '../../lib/storage/inode-id.js';
import { ledger } from '../registration/rehearsed.js';

export interface Wrong {
  readonly wrong: string;
}

interface Watched {
  readonly id: number;
  readonly path: string;
  readonly inode: InodeId;
}

const PAUSE_MS = 1;
const watched = new Map<number, Watched>();
const states = ledger();

/** The lock is read first: the registration was there before, and so was its seal. */
function check({ id, path, inode }: Watched): void {
  const isLocked = hasSealLockInProc(inode.dev, inode.ino, 'sealed');
  const state = states.state(id);
  if (state === 'gone' || state === 'revoked') watched.delete(id);
  else if (isLocked === false) {
    const wrong: Wrong = { wrong: `the lock of ${path} went while registration ${id} was ${state}` };
    parentPort!.postMessage(wrong);
    watched.delete(id);
  }
}

function look(): void {
  for (const each of [...watched.values()]) check(each);
  if (watched.size > 0) setTimeout(look, PAUSE_MS);
}

parentPort!.on('message', ({ path, id }: { path: string; id: number }) => {
  const isIdle = watched.size === 0;
  watched.set(id, { path, id, inode: inodeAt(path) });
  if (isIdle) look();
});
