// access 'read' of a file that this user cannot write: a stray store neither crashes nor reaches the file.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { map } from '../../../lib/index.js';

const path = process.argv[2] ?? '';
const before = readFileSync(path);
// Loaded before the user changes: the new user may not be allowed to read the package.
map(path, { access: 'read' }).close();
if (process.getuid?.() === 0) process.setuid?.(65534);

assert.throws(() => map(path), { code: 'EACCES' });
const mapping = map(path, { access: 'read' });
const seen = mapping.buffer;
assert.ok(seen.equals(before));
seen[0] = 0xee;
new DataView(mapping.arrayBuffer()).setUint8(5000, 0xee);
assert.equal(seen[5000], 0xee);
assert.throws(() => mapping.write(Buffer.from('x'), 0), { code: 'EACCES' });
mapping.persist();
mapping.close();
assert.ok(readFileSync(path).equals(before));
process.stdout.write('done\n');
