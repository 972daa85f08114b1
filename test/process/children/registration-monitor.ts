// Watches the end of a lease from another thread, while the JavaScript of the owner is blocked. Posts the states of the
// registration that it has seen.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { selectBackend } from '../../../lib/backend/select.js';
import type { RegistrationState } from '../../../lib/backend/registrations.js';
import { hasLeaseInProc, hasSealLockInProc } from '../../../lib/seals/proc-locks.js';
import { inodeAt } from '../../../lib/storage/inode-id.js';

export interface Watched {
  readonly path: string;
  readonly id: number;
  readonly done: Int32Array<SharedArrayBuffer>;
}

const { path, id, done } = workerData as Watched;
const ledger = selectBackend('native').registrations!;
const inode = inodeAt(path);
const { size } = statSync(path);

/** Each part is read before the one that must have ended earlier: so what is gone here was preceded by the rest. */
function look(isIn: boolean): {
  isIn: boolean;
  lease: boolean;
  lock: boolean;
  pages: boolean;
  state: RegistrationState;
} {
  const lease = hasLeaseInProc(inode);
  const lock = hasSealLockInProc(inode.dev, inode.ino, 'sealed');
  const pages = readFileSync('/proc/self/maps', 'latin1').includes(path);
  return { isIn, lease, lock, pages, state: ledger.state(id) };
}

async function watch(): Promise<void> {
  const seen = new Set<string>();
  let isIn = false;
  // open(2) waits for the lease.
  const stranger = spawn('sh', ['-c', ': >> "$0"', path], { stdio: 'ignore' });
  const over = new Promise<number | null>((resolve) => stranger.once('exit', resolve));
  void over.then(() => (isIn = true));
  for (let last = false; !last;) {
    last = isIn;
    const at = look(isIn);
    seen.add(`${at.state}, pages ${at.pages ? 'there' : 'gone'}`);
    assert.ok(!at.isIn || !at.lease, 'a stranger is in beside the lease');
    assert.ok(at.lease || !at.lock, 'the lease went before the lock');
    assert.ok(at.lock || !at.pages, 'the lock went before the pages');
    assert.ok(at.pages || at.state === 'revoked', `the pages went while the registration was ${at.state}`);
    await nextTurn();
  }
  assert.equal(await over, 0);
  assert.equal(statSync(path).size, size);
  parentPort!.postMessage([...seen]);
}

void watch().finally(() => {
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});
