import type { Region } from '../../../lib/backend/region.js';
import { describe, expect, jest, test } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { placeOf } from '../../../lib/mapping/owned-window.js';
import { MAX_VIEW, SMALL_VIEW, SMALL_WINDOW, Windows } from '../../../lib/mapping/windows.js';
import { Random, seeds } from '../../support/random.js';

const HALF = MAX_VIEW / 2;

/** Records its calls. Its memory is never touched, so that none is used. */
class FakeRegion {
  readonly made: [start: number, length: number][] = [];
  readonly detached: ArrayBuffer[] = [];

  constructor(public length: number) {}

  window(start: number, length: number): ArrayBuffer {
    this.made.push([start, length]);
    return new ArrayBuffer(length);
  }

  detach(window: ArrayBuffer): void {
    this.detached.push(window);
  }

  get bytesMade(): number {
    return this.made.reduce((sum, [, length]) => sum + length, 0);
  }

  /** Only window, detach and length are used by Windows. */
  get region(): Region {
    return this as unknown as Region;
  }
}

const small = 1000;
const SEED = 1;
const LARGE = SMALL_VIEW + 1; // a view that gets a large window

describe('view', () => {
  test('a small mapping has one window, made once', () => {
    const fake = new FakeRegion(small);
    const windows = new Windows({});
    const one = windows.view(fake.region, 10, 20);
    const two = windows.view(fake.region, 0, small);
    expect(one.buffer).toBe(two.buffer);
    expect([one.byteOffset, one.length, two.byteOffset, two.length]).toEqual([10, 20, 0, small]);
    expect(fake.made).toEqual([[0, small]]);
  });

  test.each([
    ['inside the first GiB', MAX_VIEW - LARGE, LARGE, [0, MAX_VIEW]],
    ['from 1 GiB on', MAX_VIEW, LARGE, [MAX_VIEW, MAX_VIEW]],
    ['across 1 GiB: a window at 512 MiB', MAX_VIEW - 5, LARGE, [HALF, MAX_VIEW]],
    ['across 4 GiB: a window at 3.5 GiB', 4 * MAX_VIEW - 5, LARGE, [3 * MAX_VIEW + HALF, MAX_VIEW]],
    ['too long for either: its own', 5 * MAX_VIEW + HALF + 65, MAX_VIEW, [5 * MAX_VIEW + HALF + 64, MAX_VIEW + 1]],
    ['near the end: the rest', 8 * MAX_VIEW + 50, 10, [8 * MAX_VIEW, 100]],
    ['small: a window of 1 MiB', 3 * MAX_VIEW + 5, 10, [3 * MAX_VIEW, SMALL_WINDOW]],
    ['the longest that is small', 3 * MAX_VIEW, SMALL_VIEW, [3 * MAX_VIEW, SMALL_WINDOW]],
    ['small, across 1 GiB', MAX_VIEW - 5, 10, [MAX_VIEW - SMALL_WINDOW / 2, SMALL_WINDOW]],
  ] as const)('%s', (_title, offset, length, window) => {
    const fake = new FakeRegion(8 * MAX_VIEW + 100);
    const view = new Windows({}).view(fake.region, offset, length);
    expect(fake.made).toEqual([window]);
    expect([view.byteOffset, view.length]).toEqual([offset - window[0], length]);
  });

  test('after growth a window that ends too early is made anew, and the old one still gets detached', () => {
    const fake = new FakeRegion(small);
    const windows = new Windows({});
    const old = windows.view(fake.region, 0, small);
    fake.length = 2 * small;
    const grown = windows.view(fake.region, small, small);
    expect(fake.made).toEqual([
      [0, small],
      [0, 2 * small],
    ]);
    windows.detachAll(fake.region);
    expect(new Set(fake.detached)).toEqual(new Set([old.buffer, grown.buffer]));
  });
});

describe('small views', () => {
  test('have an ArrayBuffer of at most 1 MiB, wherever they are', () => {
    const random = new Random(SEED);
    for (let i = 0; i < 200; i++) {
      const fake = new FakeRegion(2 * MAX_VIEW + 12345);
      const length = 1 + random.below(SMALL_VIEW);
      const offset = random.below(fake.length - length);
      const view = new Windows({}).view(fake.region, offset, length);
      expect(view.length).toBe(length);
      expect(view.buffer.byteLength).toBeLessThanOrEqual(SMALL_WINDOW);
    }
  });

  test('in very many places are served by large windows: their number stays small', () => {
    const random = new Random(SEED);
    const fake = new FakeRegion(4 * MAX_VIEW);
    const windows = new Windows({});
    for (let i = 0; i < 20_000; i++) windows.view(fake.region, random.below(fake.length - 64), 64);
    expect(fake.made.length).toBeLessThan(80);
  });

  test('in few places have their windows made once', () => {
    const fake = new FakeRegion(4 * MAX_VIEW);
    const windows = new Windows({});
    for (let i = 0; i < 1000; i++) {
      const view = windows.view(fake.region, (i % 64) * 50 * SMALL_WINDOW, 64);
      expect(view.buffer.byteLength).toBe(SMALL_WINDOW);
    }
    expect(fake.made.length).toBe(64);
  });

  test('of a region that has one ArrayBuffer only get that', () => {
    const fake = new FakeRegion(2 * SMALL_WINDOW);
    new Windows({}, false).view(fake.region, 0, 10);
    expect(fake.made).toEqual([[0, fake.length]]);
  });
});

test.each([64, 4096, SMALL_VIEW, 4 * SMALL_WINDOW])(
  "a view's ArrayBuffer starts where an aligned word may start, for views of %d bytes",
  (length) => {
    const random = new Random(SEED);
    const fake = new FakeRegion(SMALL_WINDOW + 123);
    const windows = new Windows({});
    for (let i = 0; i < 200; i++) {
      fake.length += random.below(100_000);
      const wanted = Math.min(length, fake.length);
      const offset = fake.length - wanted - random.below(fake.length - wanted + 1);
      expect((offset - windows.view(fake.region, offset, wanted).byteOffset) % 8).toBe(0);
    }
    expect(fake.made.every(([start]) => start % 8 === 0)).toBe(true);
  },
);

describe('a mapping that grows in place by small steps', () => {
  const BEFORE = MAX_VIEW / 4;
  const STEPS = 2000;

  test.each([
    ['of the new part', 64, 4096, 0],
    ['of the new part and the end of the old one', 200, 4096, 100],
    ['larger than a small one', 2 * SMALL_VIEW, SMALL_VIEW, SMALL_VIEW],
    ['where a step is less than a page', 64, 64, 0],
  ])('and views %s: the bytes of all windows made are in proportion to the growth', (_title, length, step, back) => {
    const fake = new FakeRegion(BEFORE);
    const windows = new Windows({});
    windows.view(fake.region, 0, LARGE);
    windows.view(fake.region, BEFORE - SMALL_VIEW, SMALL_VIEW);
    const start = fake.bytesMade;
    for (let i = 0; i < STEPS; i++) {
      const end = fake.length;
      fake.length += step;
      const view = windows.view(fake.region, end - back, length);
      expect([view.length, windows.view(fake.region, end - back, length).buffer === view.buffer]).toEqual([
        length,
        true,
      ]);
    }
    // Each byte is in a new window as often as its window doubles, and all that is looked at is made once.
    expect(fake.bytesMade - start).toBeLessThanOrEqual(12 * STEPS * (step + length));
  });

  test('keeps few windows, and detaches all that were ever made', () => {
    const fake = new FakeRegion(BEFORE);
    const windows = new Windows({});
    const views = [windows.view(fake.region, 0, LARGE)];
    for (let i = 0; i < 300; i++) {
      fake.length += 4096;
      views.push(
        windows.view(fake.region, fake.length - 64, 64),
        windows.view(fake.region, fake.length - LARGE, LARGE),
      );
    }
    windows.detachAll(fake.region);
    expect(new Set(fake.detached)).toEqual(new Set(views.map(({ buffer }) => buffer)));
    expect(fake.detached.length).toBe(fake.made.length);
  });

  test.each(seeds(3))('a later view anywhere is of the right place (seed %d)', (seed) => {
    const random = new Random(seed);
    const fake = new FakeRegion(BEFORE);
    const windows = new Windows({});
    const startOf = new Map<ArrayBufferLike, number>();
    for (let i = 0; i < 2000; i++) {
      if (i % 3 === 0) fake.length += random.below(20_000);
      const length = 1 + random.below(3 * SMALL_VIEW);
      const offset = fake.length - length - random.below(i % 2 === 0 ? 100_000 : fake.length - length);
      const madeBefore = fake.made.length;
      const { buffer, byteOffset } = windows.view(fake.region, offset, length);
      if (fake.made.length > madeBefore) startOf.set(buffer, fake.made.at(-1)?.[0] ?? -1);
      expect((startOf.get(buffer) ?? -1) + byteOffset).toBe(offset);
    }
  });
});

test('one that was transferred away is made anew, and the others beside it stay', () => {
  const fake = new FakeRegion(MAX_VIEW);
  const windows = new Windows({});
  const first = windows.view(fake.region, 0, 64);
  const other = windows.view(fake.region, SMALL_WINDOW, 64);
  structuredClone(first.buffer, { transfer: [first.buffer as ArrayBuffer] });
  expect([first.length, windows.view(fake.region, 10, 64).length, other.length]).toEqual([0, 64, 64]);
  expect(fake.made.map(([start]) => start)).toEqual([0, SMALL_WINDOW, 0]);
});

test('own() makes one of exactly that range at each call', () => {
  const fake = new FakeRegion(small);
  const windows = new Windows({});
  const [one, two] = [windows.own(fake.region, 10, 20), windows.own(fake.region, 10, 20)];
  expect(one).not.toBe(two);
  expect(one.byteLength).toBe(20);
  expect(fake.made).toEqual([
    [10, 20],
    [10, 20],
  ]);
});

test('own() called n times looks at its earlier ArrayBuffers some n times in all, not n * n', () => {
  const CALLS = 20_000;
  const fake = new FakeRegion(small);
  const windows = new Windows({});
  const looks = jest.spyOn(WeakRef.prototype, 'deref');
  try {
    const kept = Array.from({ length: CALLS }, () => windows.own(fake.region, 0, 8));
    expect(looks.mock.calls.length).toBeLessThan(2 * CALLS);
    windows.detachAll(fake.region);
    expect(fake.detached.length).toBe(kept.length);
  } finally {
    looks.mockRestore();
  }
});

test('ranges that fit no window get one each, which all get detached', () => {
  const fake = new FakeRegion(3 * MAX_VIEW);
  const windows = new Windows({});
  const at = [HALF + 64, HALF + 128, HALF + 128, HALF + 192];
  const views = at.map((offset) => windows.view(fake.region, offset, MAX_VIEW));
  expect(fake.made.map(([start]) => start)).toEqual([HALF + 64, HALF + 128, HALF + 192]);
  windows.detachAll(fake.region);
  expect(new Set(fake.detached)).toEqual(new Set(views.map(({ buffer }) => buffer)));
});

test('... and those that are not in use any more are not kept', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const fake = new FakeRegion(3 * MAX_VIEW);
  const windows = new Windows({});
  for (let i = 1; i <= 20; i++) windows.view(fake.region, HALF + 64 * i, MAX_VIEW);
  await turn(); // a WeakRef keeps its target alive until then
  gc();
  windows.detachAll(fake.region);
  expect(fake.made.length).toBe(20);
  expect(fake.detached.length).toBeLessThan(5);
});

test('detachPast(end) detaches the windows that reach past it, and no others', () => {
  const fake = new FakeRegion(2 * MAX_VIEW);
  const windows = new Windows({});
  const first = windows.view(fake.region, 0, 1).buffer;
  const second = windows.view(fake.region, MAX_VIEW, 1).buffer;
  const inside = windows.own(fake.region, 0, 10);
  const across = windows.own(fake.region, MAX_VIEW - 5, 10);
  windows.detachPast(fake.region, MAX_VIEW);
  expect(new Set(fake.detached)).toEqual(new Set([second, across]));
  windows.detachAll(fake.region);
  expect(new Set(fake.detached)).toEqual(new Set([first, second, inside, across]));
  expect(fake.detached.length).toBe(4);
});

test('detachPast(end) detaches a window in front of one that was transferred away', () => {
  const fake = new FakeRegion(SMALL_WINDOW);
  const windows = new Windows({});
  const first = windows.view(fake.region, 0, LARGE);
  fake.length += 2 * LARGE;
  const across = windows.view(fake.region, SMALL_WINDOW - 128, LARGE);
  structuredClone(across.buffer, { transfer: [across.buffer as ArrayBuffer] });
  windows.detachPast(fake.region, SMALL_WINDOW - 64);
  expect(fake.made.length).toBe(2);
  expect(fake.detached).toContain(first.buffer);
});

test('a window holds the mapping, so that garbage collection takes both or none', () => {
  const mapping = {};
  const { region } = new FakeRegion(small);
  const windows = new Windows(mapping);
  const { buffer } = windows.view(region, 0, 1);
  expect(placeOf(buffer)).toEqual({ owner: mapping, region, start: 0 });
  expect(placeOf(buffer)?.owner).toBe(mapping);
  expect(placeOf(windows.own(region, 100, 5))?.start).toBe(100);
  expect(placeOf(new ArrayBuffer(1))).toBeUndefined();
  expect(Reflect.ownKeys(buffer)).toEqual([]); // nothing of it is seen
});

test('a region may give the same window again, as the emulation does', () => {
  const mapping = {};
  const only = new ArrayBuffer(small);
  const region = { length: small, window: () => only, detach: () => undefined } as unknown as Region;
  const windows = new Windows(mapping, /*partial=*/ false);
  expect(windows.own(region, 0, small)).toBe(only);
  expect(windows.view(region, 0, 1).buffer).toBe(only);
  expect(placeOf(only)?.owner).toBe(mapping);
});
