// The upper layer of an overlay has no room for a copy of FILE, which is in the lower layer. Argument: FILE (8 MiB of
// watermark).
import assert from 'node:assert/strict';
import { map } from '../../../../lib/index.js';
import { misplaced } from '../../../support/watermark.js';

const [path = ''] = process.argv.slice(2);
assert.throws(() => map(path), { code: 'ENOSPC', syscall: 'open' });
using mapping = map(path, { access: 'read' });
assert.equal(misplaced(mapping.view(0), 0), undefined);
mapping.view(0)[9] = 1;
assert.equal(mapping.faulted, false);
process.stdout.write('done\n');
