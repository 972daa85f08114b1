// Two copies of the package in one thread: a file that one has sealed is sealed for the other, and they count together.
import assert from 'node:assert/strict';
import type * as Package from '../../../lib/index.js';

const [, , first = '', second = '', path = ''] = process.argv;
const one = require(first) as typeof Package;
const two = require(second) as typeof Package;
assert.notEqual(one.seals, two.seals);

function holders(): number[] {
  assert.deepEqual(one.seals.list(), two.seals.list());
  return one.seals.list().map((info) => info.holders);
}

const mine = one.map(path, { direct: 'require' });
assert.deepEqual(holders(), [1]);
assert.equal(two.seals.isSealed(path), true);
assert.throws(() => two.files.truncate(path, 1), { code: 'ETXTBSY' });
const other = two.map(path, { direct: 'require' });
assert.deepEqual(holders(), [2]);
mine.close();
assert.deepEqual(holders(), [1]);
assert.throws(() => one.files.truncate(path, 1), { code: 'ETXTBSY' });
other.close();
assert.deepEqual([holders(), one.seals.isSealed(path), two.seals.isSealed(path)], [[], false, false]);

const owner = one.map(path, { direct: { policy: 'exclusive' } });
assert.throws(() => two.map(path, { direct: 'require' }), { code: 'EBUSY' });
two.files.truncate(path, 4096); // the thread owns it, not the copy
owner.close();
one.files.truncate(path, 1);
process.stdout.write('done\n');
