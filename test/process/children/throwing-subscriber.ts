// A subscriber that throws: the call goes on, and the error is an uncaught exception in a later tick.
import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { map } from '../../../lib/index.js';

const path = process.argv[2] ?? '';
const errors: unknown[] = [];
const wrong = new Error('of the subscriber');
process.on('uncaughtException', (error) => errors.push(error));
channel('mapdirect:map').subscribe(() => {
  throw wrong;
});
const mapping = map(path);
assert.equal(mapping.length, 65536);
assert.deepEqual(errors, []);
mapping.close();
setImmediate(() => {
  assert.deepEqual(errors, [wrong]);
  process.stdout.write('done\n');
});
