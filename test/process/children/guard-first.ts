/** A guard that comes before anything else of the package, in a process that loads more modules. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { files } from '../../../lib/files.js';

const path = join(tmpdir(), `mapdirect-test-${process.pid}.js`);
files.guard(fs);
fs.writeFileSync(path, 'module.exports = "loaded";');
assert.equal(fs.readFileSync(path, 'utf8').length, 26);
assert.equal(require(path), 'loaded');
fs.unlinkSync(path);
console.log('done');
