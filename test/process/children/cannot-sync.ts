// create: true in a directory that cannot be opened for reading. Started by root, runs as the user "nobody". Arguments:
// DIRECTORY, BACKEND.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { map, mapAsync } from '../../../lib/index.js';

const NOBODY = 65534;
const [dir = '', backend = 'native'] = process.argv.slice(2) as [string?, ('native' | 'emulated')?];
const options = { create: true, size: 4096, backend } as const;
chmodSync(dir, 0o755);
map(join(dir, 'warm-up'), options).close(); // the addon is loaded while it can be read

/** A drop box of root's, and a directory of one's own that cannot be listed. */
const boxes = (
  [
    ['box', 0o1733, 0],
    ['blind', 0o300, NOBODY],
  ] as const
).map(([name, mode, owner]) => {
  const box = join(dir, name);
  mkdirSync(box);
  chownSync(box, owner, 0);
  chmodSync(box, mode);
  return box;
});

async function makeIn(box: string): Promise<void> {
  const path = join(box, 'file');
  if (backend === 'native') {
    map(path, options).close();
    (await mapAsync(`${path}-later`, options)).close();
    assert.equal(statSync(path).size, 4096);
    return;
  }
  const refused = { code: 'EOPNOTSUPP', syscall: 'syncfs', path: box, message: /read permission/ };
  assert.throws(() => map(path, options), refused);
  await assert.rejects(mapAsync(path, options), refused);
  assert.equal(existsSync(path), false);
}

async function main(): Promise<void> {
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
  for (const box of boxes) await makeIn(box);
  process.stdout.write('done\n');
}

void main();
