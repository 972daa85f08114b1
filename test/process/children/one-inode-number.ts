// Two files that a FUSE server gives one inode number. Arguments: DIRECTORY, BACKEND.
import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { constants, files, map, mapAsync, type Mapping } from '../../../lib/index.js';
import { mountFuse } from '../../support/private-mounts.js';

const [dir = '', backend = 'native'] = process.argv.slice(2) as [string?, ('native' | 'emulated')?];
const a = join(dir, 'a');
const b = join(dir, 'b');

function first(mapping: Mapping): string {
  return mapping.view(0, 5).toString('latin1');
}

function content(path: string): string {
  return readFileSync(path, 'latin1').slice(0, 5);
}

async function eachIsItself(): Promise<void> {
  assert.deepEqual([statSync(a).ino, statSync(a).dev], [statSync(b).ino, statSync(b).dev]);
  using one = map(a, { backend });
  using two = map(b, { backend });
  assert.deepEqual([first(one), first(two)], ['AAAAA', 'BBBBB']);
  two.write(Buffer.from('FOR-B'), 0);
  assert.deepEqual([content(a), content(b)], ['AAAAA', 'FOR-B']);
  const fd = openSync(a, 'r+');
  using third = map(fd, { backend });
  closeSync(fd);
  using fourth = await mapAsync(b, { access: 'read', backend });
  assert.deepEqual([first(third), first(fourth)], ['AAAAA', 'FOR-B']);
}

/** No clone of a file onto itself: whatever the server says to a clone, that it is not. */
function twoFilesAreNotOne(): void {
  assert.throws(
    () => files.clone(a, b),
    ({ code, path }: NodeJS.ErrnoException) => (code === 'EOPNOTSUPP' || code === 'ENOTTY') && path === b,
  );
  assert.equal(content(b), 'FOR-B');
}

/** fsync(2) of the directory is EINVAL here. */
async function made(): Promise<void> {
  const options = { create: true, size: 4096, backend } as const;
  const path = join(dir, 'made');
  if (backend === 'native') {
    map(path, options).close();
    (await mapAsync(join(dir, 'made-later'), options)).close();
    assert.equal(statSync(path).size, 4096);
  } else {
    assert.throws(() => map(path, options), { code: 'EOPNOTSUPP', syscall: 'syncfs', path: dir });
    assert.equal(existsSync(path), false);
  }
  const refused = join(dir, 'refused');
  assert.throws(() => map(refused, { ...options, sync: 'require', flags: constants.MAP_HUGETLB }), {
    path: backend === 'native' ? refused : dir,
  });
  assert.equal(existsSync(refused), false);
}

async function main(): Promise<void> {
  const server = await mountFuse(dir);
  try {
    await eachIsItself();
    twoFilesAreNotOne();
    if (process.argv[4] === 'create') await made();
    process.stdout.write('done\n');
  } finally {
    server.removeAllListeners('exit').kill('SIGKILL');
  }
}

void main();
