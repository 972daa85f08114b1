// A store into a hole of a file on a file system that is full. Arguments: a DIRECTORY on it, its SIZE in bytes, its
// TYPE.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { map, type Mapping } from '../../../../lib/index.js';
import { PAGE } from '../../../support/sizes.js';
import { eventually } from '../inspect.js';
import { Loss } from './loss.js';

const [dir = '', size = '', type = ''] = process.argv.slice(2);
const path = join(dir, 'sparse');

/** Takes the space that is left, without writing it. */
function fill(ballast: string): void {
  let length = 0;
  for (let step = Number(size); step >= PAGE;) {
    const { status } = spawnSync('fallocate', ['-o', String(length), '-l', String(step), ballast]);
    if (status === 0) length += step;
    else step /= 2;
  }
}

/** Stores into one page after the other. @returns the first page whose store is lost. */
function storeUntilFault(mapping: Mapping): number {
  const view = mapping.view(0);
  for (let page = 0; page < mapping.length / PAGE; page++) {
    view[page * PAGE] = 1 + (page % 255);
    if (mapping.faulted) return page;
  }
  throw new Error('there was room for every store');
}

async function main(): Promise<void> {
  writeFileSync(path, '');
  truncateSync(path, Number(size));
  using mapping = map(path);
  const loss = new Loss(mapping, path);
  mapping.write(Buffer.from('there'), 0); // has its block from now on
  fill(join(dir, 'ballast'));
  const page = storeUntilFault(mapping);
  await eventually('the event has come', () => loss.events.length > 0);
  const [part] = loss.events;
  assert.ok(part);
  assert.ok(part.offset <= page * PAGE && page * PAGE < part.offset + part.length, JSON.stringify(part));
  await loss.check({ offset: part.offset, length: part.length }, 'nospace');

  // The stores that are durable by now have given back what they had reserved.
  fill(join(dir, 'more'));
  // btrfs has blocks for fallocate(2) that it does not have for the store.
  if (type !== 'btrfs') assert.throws(() => mapping.remap(), { code: 'ENOSPC' });
  rmSync(join(dir, 'ballast'));
  mapping.remap();
  const view = mapping.view(page * PAGE, 4);
  // On btrfs the page may be the first one: a store into a block that exists needs a new block there.
  assert.equal(view[0], page === 0 ? 't'.charCodeAt(0) : 0, 'the store is lost');
  view.write('kept');
  mapping.persist();
  assert.equal(mapping.faulted, false);
  assert.equal(readFileSync(path).toString('latin1', page * PAGE, page * PAGE + 4), 'kept');
  process.stdout.write('done\n');
}

void main();
