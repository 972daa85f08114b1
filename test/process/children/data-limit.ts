// RLIMIT_DATA is less than a mapping that is closed while a view of it lives: the placeholder must not use the limit
// up.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { map } from '../../../lib/index.js';

const [path = ''] = process.argv.slice(2);

function dataBytes(): number {
  return 1024 * Number(/VmData:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
}

const mapping = map(path);
const view = mapping.view(0, 4096);
const before = dataBytes();
mapping.close();
assert.equal(view.length, 0);
assert.ok(dataBytes() - before < 2 ** 28, `closing took ${dataBytes() - before} bytes of RLIMIT_DATA`);
assert.equal(Buffer.alloc(2 ** 26, 1).length, 2 ** 26);
process.stdout.write('done\n');
