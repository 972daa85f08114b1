// An access to a hole of a file on a full tmpfs: reads need a page, too. Arguments: a DIRECTORY on it, and a CASE.
import assert from 'node:assert/strict';
import { closeSync, openSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { map, type MapOptions } from '../../../../lib/index.js';
import { PAGE } from '../../../support/sizes.js';
import { Loss } from './loss.js';

const [dir = '', name = ''] = process.argv.slice(2);
const path = join(dir, 'sparse');
const ballast = join(dir, 'ballast');
const HOLE = { offset: PAGE, length: PAGE };
const BYTES_OF_BLOCK = 512; // of st_blocks

function fillDisk(): void {
  const fd = openSync(ballast, 'w');
  try {
    for (;;) writeSync(fd, Buffer.alloc(PAGE, 1));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  } finally {
    closeSync(fd);
  }
}

/** A mapping that has lost the hole behind its first page, on a disk that is full. */
async function lostHole(access: MapOptions['access']): Promise<Loss> {
  writeFileSync(path, Buffer.alloc(PAGE, 1));
  truncateSync(path, 4 * PAGE);
  const mapping = map(path, { access });
  fillDisk();
  assert.equal(mapping.view(PAGE, 1)[0], 0);
  const loss = new Loss(mapping, path);
  await (access === 'write' ? loss.check(HOLE, 'nospace') : loss.checkPrivate(HOLE, 'nospace'));
  return loss;
}

async function privateMapping(access: MapOptions['access']): Promise<void> {
  const { mapping } = await lostHole(access);
  assert.throws(() => mapping.remap(), { code: 'ENOSPC' });
  assert.equal(mapping.faulted, true);
  rmSync(ballast);
  mapping.remap();
  assert.deepEqual([mapping.faulted, mapping.view(PAGE, 1)[0]], [false, 0]);
  mapping.close();
}

/** The file has become shorter since: remap() gives it no block past its end. */
async function shorterFile(): Promise<void> {
  const { mapping } = await lostHole('write');
  rmSync(ballast);
  truncateSync(path, PAGE);
  assert.throws(() => mapping.remap(), { code: 'ERR_MAPPING_FAULT', reason: 'truncated', ...HOLE });
  assert.equal(statSync(path).blocks * BYTES_OF_BLOCK, PAGE);
  truncateSync(path, 4 * PAGE);
  mapping.remap();
  assert.equal(mapping.faulted, false);
  mapping.close();
}

const cases: Readonly<Record<string, () => Promise<void>>> = {
  "access 'read'": () => privateMapping('read'),
  "access 'copy'": () => privateMapping('copy'),
  'a file that has become shorter': shorterFile,
};

async function main(): Promise<void> {
  await cases[name]?.();
  rmSync(path);
  rmSync(ballast, { force: true });
  process.stdout.write('done\n');
}

void main();
