import { expect, test } from '@jest/globals';
import type { Region } from '../../../lib/backend/region.js';
import { runAsync, runSync } from '../../../lib/core/sync-or-async.js';
import { populateParts } from '../../../lib/mapping/populate.js';
import { rejected, thrown } from '../../support/errors.js';
import { MIB } from '../../support/sizes.js';

const PART = 64 * MIB;

/** A region that notes the ranges it is asked for. */
class FakeRegion {
  readonly calls: (readonly [offset: number, length: number, write: boolean])[] = [];
  constructor(public length: number) {}

  populate(offset: number, length: number, write: boolean): void {
    this.calls.push([offset, length, write]);
  }

  async populateAsync(offset: number, length: number, write: boolean): Promise<void> {
    this.populate(offset, length, write);
  }
}

const live = (region: FakeRegion) => (): Region => region as unknown as Region;

test('a range is brought in by parts of 64 MiB, with the progress after each', () => {
  const region = new FakeRegion(4 * PART);
  const progress: number[] = [];
  runSync(populateParts({ offset: 100, length: 2 * PART + 1 }, true, live(region), (done) => progress.push(done)));
  expect(region.calls).toEqual([
    [100, PART, true],
    [100 + PART, PART, true],
    [100 + 2 * PART, 1, true],
  ]);
  expect(progress).toEqual([PART, 2 * PART, 2 * PART + 1]);
});

test('an empty range makes no call', () => {
  const region = new FakeRegion(PART);
  runSync(populateParts({ offset: 0, length: 0 }, false, live(region)));
  expect(region.calls).toEqual([]);
});

test('a resize() between two parts that cuts off the next part is ERR_OUT_OF_RANGE', async () => {
  const region = new FakeRegion(2 * PART);
  const shrink = (): void => {
    region.length = PART;
  };
  const error = await rejected(runAsync(populateParts({ offset: 0, length: 2 * PART }, false, live(region), shrink)));
  expect(error.code).toBe('ERR_OUT_OF_RANGE');
  expect(region.calls).toEqual([[0, PART, false]]);
});

test('an error of the mapping before a part ends the operation', () => {
  const closed = (): Region => {
    throw new Error('closed');
  };
  expect(thrown(() => runSync(populateParts({ offset: 0, length: 1 }, false, closed))).message).toBe('closed');
});

test('an abort takes effect between two parts', async () => {
  const region = new FakeRegion(2 * PART);
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  await rejected(
    runAsync(populateParts({ offset: 0, length: 2 * PART }, false, live(region), abort), controller.signal),
  );
  expect(region.calls).toHaveLength(1);
});
