// Another process truncates the file, and this one touches the lost pages in one of the ways of ways.ts. Arguments:
// FILE (16 pages of watermark), WAY.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { map } from '../../../../lib/index.js';
import { PAGE } from '../../../support/sizes.js';
import { Loss } from './loss.js';
import { ways } from './ways.js';

const lost = { offset: 4 * PAGE, length: 12 * PAGE };

async function main(): Promise<void> {
  const [path = '', name = ''] = process.argv.slice(2);
  const way = ways[name];
  if (way === undefined) throw new Error(`no such way: ${name}; there are ${Object.keys(ways).join('; ')}`);
  using mapping = map(path);
  const loss = new Loss(mapping, path);
  const command = ['-s', String(lost.offset), path];
  await way({
    path,
    mapping,
    lost,
    truncate: () => assert.equal(spawnSync('truncate', command).status, 0),
    truncateSoon: () => void spawn('truncate', command, { stdio: 'ignore' }),
  });
  await loss.check(lost, 'truncated');
  await loss.checkRemap(lost);
  process.stdout.write('done\n');
}

void main();
