// A file that is mapped already, and that its user may not open any more. Run by root. Arguments: DIRECTORY, BACKEND.
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { map } from '../../../lib/index.js';

const NOBODY = 65534;
const [dir = '', backend = 'native'] = process.argv.slice(2) as [string?, ('native' | 'emulated')?];
const path = join(dir, 'file');
chmodSync(dir, 0o755);
writeFileSync(path, Buffer.alloc(4096), { mode: 0o600 });

const writer = map(path, { backend });
const reader = map(path, { backend, access: 'read' });
process.setgroups?.([]);
process.setgid?.(NOBODY);
process.setuid?.(NOBODY);
for (const access of ['read', 'write', 'copy'] as const) {
  for (const create of access === 'write' ? [false, true] : [false]) {
    assert.throws(() => map(path, { backend, access, create }), { code: 'EACCES', syscall: 'open', path });
  }
}
// A mapping stays, as an open descriptor does.
writer.write(Buffer.from('still'), 0);
for (const mapping of [writer, reader]) mapping.close();
process.stdout.write('done\n');
