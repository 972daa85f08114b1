import type { Region } from '../../../lib/backend/region.js';
import { describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants } from '../../../lib/core/constants.js';
import { quickCall } from '../../../lib/core/sync-or-async.js';
import { deepPersist } from '../../../lib/durability/deep-persist.js';
import { expectSystemError, thrown } from '../../support/errors.js';
import { Scratch } from '../../support/scratch.js';

const { MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SYNC } = constants;
const SYNCED = MAP_SHARED_VALIDATE | MAP_SYNC;
const scratch = new Scratch();

/** A region of persistent memory as /sys has one; `deepFlush` is the content of that file; undefined: it is missing. */
function sysRegion(deepFlush: string | undefined): string {
  const path = scratch.path('region0');
  mkdirSync(path);
  if (deepFlush !== undefined) writeFileSync(join(path, 'deep_flush'), deepFlush);
  return path;
}

const flushed = (region: string): boolean => readFileSync(join(region, 'deep_flush'), 'latin1') === '1';

/** deepPersist() of a file over these regions. @returns the calls of the file. */
function deep(flags: number, regions: readonly (string | undefined)[], device = false): string[] {
  const asked: string[] = [];
  const file = {
    device: device ? {} : undefined,
    persistentRegions: regions.map((path) => ({ path })),
    sync: () => quickCall(() => asked.push('fsync')),
  };
  deepPersist({ flags, file } as unknown as Region, '/file');
  return asked;
}

const fsync = ['fsync'];

describe('a file', () => {
  test('not on DAX is fsync(2), whatever is under it', () => {
    const region = sysRegion('2\n');
    expect(deep(MAP_SHARED, [region])).toEqual(fsync);
    expect(flushed(region)).toBe(false);
  });

  test('on DAX: each of its regions is flushed, and no fsync is needed', () => {
    const regions = [sysRegion('2\n'), sysRegion('2\n')];
    expect(deep(SYNCED, regions)).toEqual([]);
    expect(regions.map(flushed)).toEqual([true, true]);
  });

  test.each([
    ['no region is known', () => []],
    ['a part of it is no persistent memory', () => [sysRegion('2\n'), undefined]],
    ['the kernel has no deep_flush', () => [sysRegion(undefined)]],
    ['one region has nothing to flush', () => [sysRegion('2\n'), sysRegion('0\n')]],
  ])('on DAX, but %s: fsync(2)', (_title, regions: () => (string | undefined)[]) => {
    expect(deep(SYNCED, regions())).toEqual(fsync);
  });
});

describe('a device-dax', () => {
  test('has no fsync: its regions are flushed', () => {
    const region = sysRegion('2\n');
    expect(deep(MAP_SHARED, [region], true)).toEqual([]);
    expect(flushed(region)).toBe(true);
  });

  test('with a region that has nothing to flush is done', () => {
    expect(deep(MAP_SHARED, [sysRegion('0\n')], true)).toEqual([]);
  });

  test.each([
    ['no region is known', () => []],
    ['there is no deep_flush', () => [sysRegion(undefined)]],
    ['one of two has none', () => [sysRegion('2\n'), sysRegion(undefined)]],
  ])('%s: EOPNOTSUPP, no success', (_title, regions: () => string[]) => {
    expectSystemError(
      thrown(() => deep(MAP_SHARED, regions(), true)),
      'EOPNOTSUPP',
      'fsync',
      '/file',
    );
  });
});

test('an error of deep_flush itself is thrown', () => {
  const region = sysRegion(undefined);
  mkdirSync(join(region, 'deep_flush'));
  expect(thrown(() => deep(SYNCED, [region])).code).toBe('EISDIR');
});

test('memory without a file has nothing deeper', () => {
  expect(() => deepPersist({ flags: MAP_SHARED, file: undefined } as unknown as Region, undefined)).not.toThrow();
});
