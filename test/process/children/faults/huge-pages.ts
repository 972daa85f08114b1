// A file on hugetlbfs is cut. Arguments: a DIRECTORY on it, the length of a huge PAGE.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { truncateSync } from 'node:fs';
import { map } from '../../../../lib/index.js';
import { Loss } from './loss.js';

const [dir = '', page = ''] = process.argv.slice(2);
const unit = Number(page);

async function main(): Promise<void> {
  const path = join(dir, 'file');
  using mapping = map(path, { create: true, size: 4 * unit });
  const loss = new Loss(mapping, path);
  const lost = { offset: unit, length: 3 * unit };
  truncateSync(path, lost.offset);
  assert.equal(mapping.view(3 * unit, 1)[0], 0);
  await loss.check(lost, 'truncated');
  await loss.checkRemap(lost);
  process.stdout.write('done\n');
}

void main();
