// This process has a record lock (F_SETLK) on FILE from its start (record_lock.c). Arguments: FILE, BACKEND.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { map, mapAsync, type MapOptions } from '../../../lib/index.js';

const [path = '', backend = 'native'] = process.argv.slice(2) as [string?, ('native' | 'emulated')?];
const TRY = 'import fcntl, sys; f = open(sys.argv[1], "r+b"); fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)';

/** Another process could have the lock. */
function isFree(): boolean {
  return (
    spawnSync('python3', ['-c', TRY, path], { env: { ...process.env, LD_PRELOAD: '' }, stdio: 'ignore' }).status === 0
  );
}

function refused(options: MapOptions, code: string): void {
  assert.throws(() => map(path, { backend, ...options }), { code });
}

async function main(): Promise<void> {
  assert.equal(isFree(), false);
  const first = map(path, { backend, access: 'read' }); // opens, closes nothing
  // One more of the same, by each way in; and its end.
  map(path, { backend, access: 'read' }).close();
  (await mapAsync(path, { backend, access: 'copy' })).close();
  assert.equal(isFree(), false, 'a further map()');
  const own = openSync(path, 'r');
  map(own, { backend, access: 'read' }).close();
  assert.equal(isFree(), false, 'a further map(fd)');
  // Refused, also with an access that would need an open of its own.
  for (const access of ['read', 'write'] as const) refused({ access, length: 2 ** 40 }, 'ERR_OUT_OF_RANGE');
  refused({ access: 'read', offset: 1 }, 'EINVAL');
  refused({ access: 'write', offset: 2 ** 40 }, 'ERR_OUT_OF_RANGE');
  assert.equal(isFree(), false, 'a map() that is refused');
  // Another access has a descriptor of its own from here on.
  const writer = map(path, { backend });
  map(path, { backend, create: true }).close();
  assert.equal(isFree(), false, 'a map() with create of a file that is there');
  refused({ access: 'write', length: 2 ** 40 }, 'ERR_OUT_OF_RANGE');
  assert.equal(isFree(), false);
  // The documentation warns of this: the last mapping of a kind closes its descriptor.
  writer.close();
  assert.equal(isFree(), true);
  first.close();
  closeSync(own);
  process.stdout.write('done\n');
}

void main();
