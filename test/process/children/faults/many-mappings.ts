// Very many mappings of one file lose their end before any of them is checked. Arguments: FILE (16 pages), the NUMBER
// of mappings.
import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { map } from '../../../../lib/index.js';
import { PAGE } from '../../../support/sizes.js';

const [path = '', number = ''] = process.argv.slice(2);
const mappings = Array.from({ length: Number(number) }, () => map(path));
const views = mappings.map((mapping) => mapping.view(8 * PAGE, 8));
truncateSync(path, 4 * PAGE);
for (const view of views) assert.equal(view[0], 0);
for (const [index, mapping] of mappings.entries()) {
  assert.throws(() => mapping.persist(8 * PAGE, 8), { code: 'ERR_MAPPING_FAULT', reason: 'truncated' }, `${index}`);
}
truncateSync(path, 16 * PAGE);
for (const [index, mapping] of mappings.entries()) {
  mapping.remap();
  mapping.persist();
  assert.equal(mapping.view(0, 1)[0], 1, `${index}`);
  mapping.close();
}
process.stdout.write('done\n');
