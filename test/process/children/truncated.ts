// The file is truncated under the mapping. The bytes that are left can be read; the lost ones cannot.
import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { map } from '../../../lib/index.js';
import { watermark } from '../../support/watermark.js';

const [path = '', touch] = process.argv.slice(2);
const { buffer } = map(path);
truncateSync(path, 4096);
assert.ok(buffer.subarray(0, 4096).equals(watermark(0, 4096)));
process.stdout.write('done\n');
if (touch === 'read') process.exitCode = buffer[8192];
if (touch === 'store') buffer[8192] = 1;
