// xfs sets blocks aside for copy on write, and uses them even when the other copy is gone: a store would move under a
// seal.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { extents, map, type MapOptions } from '../../lib/index.js';
import { mountPoint, testOn } from '../support/mounts.js';
import { watermark } from '../support/watermark.js';

const SIZE = 2 ** 20;
const PAGE = 4096;
const xfs = mountPoint('xfs', 0);

/** A file that shares nothing any more, with blocks set aside. FIEMAP shows none of it. */
function onceShared(directory: string, name: string): string {
  const path = join(directory, name);
  fs.writeFileSync(`${path}-original`, watermark(0, SIZE), { flush: true });
  execFileSync('cp', ['--reflink=always', `${path}-original`, path]);
  const fd = fs.openSync(path, 'r+');
  fs.writeSync(fd, watermark(0, 1), 0, 1, 0);
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  fs.truncateSync(`${path}-original`, 0); // unlinking gives its blocks back later
  expect(extents(path).flatMap(({ flags }) => flags)).toEqual([]);
  return path;
}

function movedByStore(path: string, direct: MapOptions['direct']): number {
  using mapping = map(path, { direct });
  mapping.buffer.set(watermark(PAGE, PAGE), PAGE);
  mapping.persist();
  return mapping.seals[0]?.verify().moved.length ?? NaN;
}

describe('blocks set aside for copy on write', () => {
  testOn(xfs, "are given back by prepare: 'allocate', so that no store moves", (directory) => {
    const path = onceShared(directory, 'allocate');
    expect(movedByStore(path, 'require')).toBe(0);
    expect(fs.readFileSync(path)).toEqual(watermark(0, SIZE));
  });

  testOn(xfs, "cannot be seen by prepare: 'verify': the store moves, and verify() tells", (directory) => {
    expect(movedByStore(onceShared(directory, 'verify'), { prepare: 'verify' })).toBe(1);
  });
});
