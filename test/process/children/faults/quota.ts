// A store into a hole when the quota is reached, while the file system has room. Argument: a DIRECTORY on btrfs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { map, type Mapping } from '../../../../lib/index.js';
import { MIB, PAGE } from '../../../support/sizes.js';
import { eventually } from '../inspect.js';
import { Loss } from './loss.js';

const [dir = ''] = process.argv.slice(2);
const volume = join(dir, 'volume');
const path = join(volume, 'sparse');

function btrfs(...args: readonly string[]): void {
  execFileSync('btrfs', args, { stdio: 'ignore' });
}

/** Stores into one page after the other. @returns the first page whose store is lost. */
function storeUntilFault(mapping: Mapping): number {
  const view = mapping.view(0);
  for (let page = 0; page < mapping.length / PAGE; page++) {
    view[page * PAGE] = 1;
    if (mapping.faulted) return page;
  }
  throw new Error('the quota had room for every store');
}

async function main(): Promise<void> {
  btrfs('quota', 'enable', dir);
  btrfs('subvolume', 'create', volume);
  btrfs('qgroup', 'limit', '2M', volume);
  writeFileSync(path, '');
  truncateSync(path, 8 * MIB);
  using mapping = map(path);
  const loss = new Loss(mapping, path);
  const page = storeUntilFault(mapping);
  const { bavail, bsize } = statfsSync(dir);
  assert.ok(bavail * bsize > 8 * MIB, 'the file system has room');
  await eventually('the event has come', () => loss.events.length > 0);
  const [part] = loss.events;
  assert.ok(part);
  assert.equal(part.reason, 'nospace');
  assert.ok(part.offset <= page * PAGE && page * PAGE < part.offset + part.length, JSON.stringify(part));
  assert.throws(() => mapping.persist(page * PAGE, 1), { code: 'ERR_MAPPING_FAULT', ...part });
  assert.throws(() => mapping.remap(), { code: 'EDQUOT', path });
  btrfs('qgroup', 'limit', 'none', volume);
  mapping.remap();
  mapping.view(page * PAGE, 4).write('kept');
  mapping.persist();
  assert.equal(mapping.faulted, false);
  assert.equal(readFileSync(path).toString('latin1', page * PAGE, page * PAGE + 4), 'kept');
  process.stdout.write('done\n');
}

void main();
