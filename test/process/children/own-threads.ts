// An asynchronous flush does not wait for libuv's pool, which here has one thread, and that is busy.
import assert from 'node:assert/strict';
import { pbkdf2 } from 'node:crypto';
import { map } from '../../../lib/index.js';

const path = process.argv[2] ?? '';
/** Many seconds. */
const ITERATIONS = 50_000_000;

async function main(): Promise<void> {
  let finished = 0;
  pbkdf2('password', 'salt', ITERATIONS, 64, 'sha512', () => finished++);
  using mapping = map(path);
  mapping.buffer.fill(1);
  await mapping.persistAsync();
  await mapping.prefetch();
  assert.equal(finished, 0);
  process.stdout.write('done\n');
  process.kill(process.pid, 'SIGKILL'); // an exit would wait for the pool
}

void main();
