// 1 GiB is lost at once: one fault for all of it. Argument: FILE (1 GiB, all of it a hole).
import assert from 'node:assert/strict';
import { accessSync, truncateSync } from 'node:fs';
import { map } from '../../../../lib/index.js';
import { areasOf } from '../../../support/areas.js';
import { Random } from '../../../support/random.js';
import { GIB, PAGE } from '../../../support/sizes.js';
import { Loss } from './loss.js';

const [path = ''] = process.argv.slice(2);
const TOUCHES = 20_000;
const lost = { offset: 4 * PAGE, length: GIB - 4 * PAGE };

/** For the log of strace(1): see test/support/strace.ts. */
function mark(name: string): void {
  assert.throws(() => accessSync(`/mark/${name}`));
}

async function main(): Promise<void> {
  using mapping = map(path);
  const loss = new Loss(mapping, path);
  const view = mapping.view(0);
  assert.equal(areasOf(mapping).length, 1);
  truncateSync(path, lost.offset);
  const random = new Random(14);
  mark('touch');
  for (let i = 0; i < TOUCHES; i++) assert.equal(view[lost.offset + random.below(lost.length)], 0);
  mark('end');
  const areas = areasOf(mapping);
  assert.equal(areas.length, 2, areas.join('\n'));
  await loss.check(lost, 'truncated');
  await loss.checkRemap(lost);
  assert.equal(areasOf(mapping).length, 1, 'remap() joins the parts again');
  process.stdout.write('done\n');
}

void main();
