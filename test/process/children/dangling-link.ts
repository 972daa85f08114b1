// create: true at a path that ends with a symbolic link.
import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { constants, map } from '../../../lib/index.js';

const [dir = '', backend] = process.argv.slice(2) as [string?, ('native' | 'emulated')?];
const options = { create: true, size: 4096, ...(backend === undefined ? {} : { backend }) };

function link(name: string, target: string): string {
  const path = join(dir, name);
  symlinkSync(target, path);
  return path;
}

function makes(path: string, target: string): void {
  {
    using mapping = map(path, options);
    assert.equal(mapping.path, path);
    mapping.write(Buffer.from('through'), 0);
  }
  assert.ok(lstatSync(path).isSymbolicLink());
  assert.equal(readFileSync(target).toString('latin1', 0, 7), 'through');
}

mkdirSync(join(dir, 'far', 'below'), { recursive: true });
makes(link('absolute', join(dir, 'one')), join(dir, 'one'));
makes(link('relative', 'two'), join(dir, 'two'));
makes(link('chain', link('chain-2', 'far/three')), join(dir, 'far', 'three'));
// '..' is of the directory that the link leads to.
link('inside', 'far/below');
makes(link('upwards', 'inside/../four'), join(dir, 'far', 'four'));
assert.throws(() => map(link('nowhere', 'no-such-directory/x'), options), { code: 'ENOENT', syscall: 'open' });
assert.throws(() => map(link('loop', 'loop'), options), { code: 'ELOOP', syscall: 'open' });
// Refused after the file was made: the target is removed, and the link stays.
const failing = link('failing', 'five');
assert.throws(() => map(failing, { ...options, sync: 'require', flags: constants.MAP_HUGETLB }), {
  code: 'EOPNOTSUPP',
});
assert.equal(existsSync(join(dir, 'five')), false);
assert.ok(lstatSync(failing).isSymbolicLink());
process.stdout.write('done\n');
