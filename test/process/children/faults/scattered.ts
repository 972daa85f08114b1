// Many faults that do not touch each other: every second page of a file on a full tmpfs. Each heal alone would cost two
// areas of vm.max_map_count. Arguments: a DIRECTORY on it, the number of PAGES.
import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { anonymous, map } from '../../../../lib/index.js';
import { areasOf } from '../../../support/areas.js';
import { PAGE } from '../../../support/sizes.js';

const [dir = '', pages = ''] = process.argv.slice(2);
const path = join(dir, 'sparse');
const most = Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'));

writeFileSync(path, Buffer.alloc(PAGE, 1));
truncateSync(path, Number(pages) * PAGE);
using mapping = map(path);
const view = mapping.view(0);
for (let page = 1; page < Number(pages); page += 2) {
  view[page * PAGE] = 1;
  assert.equal(view[page * PAGE], 1);
}
assert.equal(mapping.faulted, true);
assert.ok(areasOf(mapping).length < most - 1000, `${areasOf(mapping).length} of ${most} areas`);
assert.throws(() => mapping.persist(), { code: 'ERR_MAPPING_FAULT', reason: 'nospace' });
// With too many faults the guard gives up the whole mapping, and says so. The file keeps its bytes.
if (view[0] !== 1) assert.throws(() => mapping.persist(0, PAGE), { offset: 0, length: mapping.length });
assert.equal(readFileSync(path).readUInt8(0), 1);

// There is room for more: the runtime goes on.
using other = anonymous(PAGE);
other.buffer.fill(1);
const objects = Array.from({ length: 2e6 }, (_, i) => ({ i }));
assert.equal(objects.at(-1)?.i, 2e6 - 1);
mapping.close();
process.stdout.write('done\n');
