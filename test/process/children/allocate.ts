// Allocates, on this thread, while a profiler sends SIGPROF every millisecond.
import assert from 'node:assert/strict';
import { closeSync, openSync, statSync } from 'node:fs';
import { files, map } from '../../../lib/index.js';

const [path = ''] = process.argv.slice(2);
const LENGTH = 2 ** 20;

const mapping = map(path, { create: true, size: LENGTH });
mapping.resize(2 * LENGTH);
mapping.close();
const fd = openSync(path, 'r+');
files.fallocate(fd, 0, 0, 3 * LENGTH);
closeSync(fd);
assert.equal(statSync(path).size, 3 * LENGTH);
process.stdout.write('done\n');
