import type { LineRegion } from '../../../lib/backend/region.js';
import { describe, expect, test } from '@jest/globals';
import { constants } from '../../../lib/core/constants.js';
import type { Durability } from '../../../lib/durability/durability.js';
import { rangesOf } from '../../../lib/core/range-list.js';
import { tierFor, type Tier } from '../../../lib/durability/tiers.js';
import { expectMisuse, thrown } from '../../support/errors.js';

const { PAGE_SIZE } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const INLINE = 2 ** 16;
const source = Uint8Array.of(1, 2, 3);

/** A region that records its calls, and does nothing. */
function recording(length = LENGTH): { region: LineRegion; asked: unknown[][] } {
  const asked: unknown[][] = [];
  const region = new Proxy({} as LineRegion, {
    get: (_region, name) => {
      if (name === 'length') return length;
      return (...args: unknown[]) => {
        asked.push([name, ...args]);
        return name === 'persistLineRanges' ? -1 : undefined;
      };
    },
  });
  return { region, asked };
}

/** The calls of a tier to its region. */
function asks(tier: Tier, use: (tier: Tier, region: LineRegion) => void): unknown[][] {
  const { region, asked } = recording();
  use(tier, region);
  return asked;
}

const like = (
  granularity: Durability['granularity'],
  backend: Durability['backend'] = 'native',
  method = 'x',
): Durability => ({
  granularity,
  mapSync: false,
  method,
  backend,
  forced: false,
  domain: 'storage',
  reasons: [],
});

const page = tierFor(like('page'));
const inMemory = tierFor({ ...like('page'), domain: 'volatile' });
const emulated = tierFor(like('page', 'emulated'));
const lines = tierFor(like('cache-line'));
const byte = tierFor(like('byte'));
const none = tierFor(like('page', 'native', 'none'));
const list = (...flat: number[]) => rangesOf(Float64Array.from(flat), undefined);

describe('tierFor', () => {
  test('tells the tiers apart by granularity, and each is one frozen table', () => {
    const all = [page, inMemory, emulated, lines, byte, none];
    expect(new Set(all).size).toBe(6);
    for (const tier of all) expect(Object.isFrozen(tier)).toBe(true);
    expect(tierFor(like('byte'))).toBe(byte);
  });

  test.each(['byte', 'cache-line', 'page'] as const)(
    "the emulation has no cache lines: '%s' has its only tier",
    (granularity) => {
      expect(tierFor(like(granularity, 'emulated'))).toBe(emulated);
    },
  );

  test.each(['byte', 'cache-line', 'page'] as const)(
    "nothing to persist is that, whatever the granularity: '%s'",
    (granularity) => {
      expect(tierFor(like(granularity, 'native', 'none'))).toBe(none);
      expect(tierFor(like(granularity, 'emulated', 'none'))).toBe(none);
    },
  );
});

describe("'page': msync, which waits by itself", () => {
  test('persist and flush are one sync; drain has nothing left to do', () => {
    expect(asks(page, (tier, region) => tier.persist(region, 5, 6))).toEqual([['sync', 5, 6]]);
    expect(asks(page, (tier, region) => tier.flush(region, 5, 6))).toEqual([['sync', 5, 6]]);
    expect(asks(page, (tier, region) => tier.drain(region))).toEqual([]);
    expect(asks(page, (tier, region) => void tier.persistAsync(region, 5, 6))).toEqual([['syncAsync', 5, 6]]);
  });

  test('write and fill store and sync, drain or not', () => {
    for (const drain of [true, false]) {
      expect(asks(page, (tier, region) => tier.write(region, source, 5, 3, drain))).toEqual([
        ['store', source, 5, 3],
        ['sync', 5, 3],
      ]);
    }
    expect(asks(page, (tier, region) => tier.fill(region, 9, 5, 6))).toEqual([
      ['storeValue', 9, 5, 6],
      ['sync', 5, 6],
    ]);
    expect(asks(page, (tier, region) => tier.persistWord(region, 9n, 16))).toEqual([
      ['storeWord', 9n, 16],
      ['sync', 16, 8],
    ]);
  });

  test('persistRanges syncs each page once, in order, and nothing past the end', () => {
    const ranges = list(LENGTH - 1, 1, 8, 8, 0, 8, LENGTH, 0);
    const spans = [
      { offset: 0, length: 16 },
      { offset: 3 * PAGE_SIZE, length: 100 },
    ];
    expect(asks(page, (tier, region) => tier.persistRanges(region, ranges))).toEqual([['syncAll', spans]]);
    // Without a disk there is nothing to save, and nothing is asked.
    expect(asks(inMemory, (tier, region) => tier.persistRanges(region, ranges))).toEqual(
      spans.map(({ offset, length }) => ['sync', offset, length]),
    );
  });

  test('persistRanges of the emulation syncs the bytes of the ranges, and none beside them', () => {
    const ranges = list(LENGTH - 1, 1, 8, 8, 0, 8, LENGTH, 0);
    const spans = [
      { offset: 0, length: 16 },
      { offset: LENGTH - 1, length: 1 },
    ];
    expect(asks(emulated, (tier, region) => tier.persistRanges(region, ranges))).toEqual([['syncAll', spans]]);
  });
});

test("'page': each number of a list is read once, since another thread may change it", () => {
  const reads = new Map<PropertyKey, number>();
  const get = (target: Float64Array, key: PropertyKey): unknown => {
    reads.set(key, (reads.get(key) ?? 0) + 1);
    return Reflect.get(target, key);
  };
  const pairs = new Proxy(new Float64Array([0, 8, PAGE_SIZE, 8, 0, 1]), { get });
  asks(page, (tier, region) => tier.persistRanges(region, { pairs, count: 2, paired: false }));
  expect([...reads]).toEqual([
    ['0', 1],
    ['1', 1],
    ['2', 1],
    ['3', 1],
  ]);
});

describe("'cache-line'", () => {
  test('flush starts, drain waits, persist is both in one call', () => {
    expect(asks(lines, (tier, region) => tier.flush(region, 5, 6))).toEqual([['flushLines', 5, 6]]);
    expect(asks(lines, (tier, region) => tier.drain(region))).toEqual([['drainLines']]);
    expect(asks(lines, (tier, region) => tier.persist(region, 5, 6))).toEqual([['persistLines', 5, 6]]);
  });

  test('persistAsync goes to another thread where that pays', () => {
    expect(asks(lines, (tier, region) => void tier.persistAsync(region, 0, INLINE))).toEqual([
      ['persistLines', 0, INLINE],
    ]);
    expect(asks(lines, (tier, region) => void tier.persistAsync(region, 0, INLINE + 1))).toEqual([
      ['persistLinesAsync', 0, INLINE + 1],
    ]);
  });

  test('write passes drain on, fill drains', () => {
    for (const drain of [true, false]) {
      expect(asks(lines, (tier, region) => tier.write(region, source, 5, 3, drain))).toEqual([
        ['storeLines', source, 5, 3, drain],
      ]);
    }
    expect(asks(lines, (tier, region) => tier.fill(region, 9, 5, 6))).toEqual([['fillLines', 9, 5, 6]]);
    expect(asks(lines, (tier, region) => tier.persistWord(region, 9n, 16))).toEqual([['persistWord', 9n, 16]]);
  });

  test('persistRanges is one call, and a pair that it finds outside is refused by name', () => {
    const ranges = list(0, 8, 0, LENGTH + 1);
    expect(asks(lines, (tier, region) => tier.persistRanges(region, ranges))).toEqual([['persistLineRanges', ranges]]);
    const { region } = recording();
    const refusing = new Proxy(region, {
      get: (of, name) => (name === 'persistLineRanges' ? () => 1 : (Reflect.get(of, name) as unknown)),
    });
    expectMisuse(
      thrown(() => lines.persistRanges(refusing, ranges)),
      'ERR_OUT_OF_RANGE',
      'ranges[3]',
    );
  });
});

describe("'byte': the caches are durable, so a fence is all", () => {
  test('flush is nothing; persist, drain and persistAsync are a fence', () => {
    expect(asks(byte, (tier, region) => tier.flush(region, 5, 6))).toEqual([]);
    expect(asks(byte, (tier, region) => tier.drain(region))).toEqual([['drainLines']]);
    expect(asks(byte, (tier, region) => tier.persist(region, 5, 6))).toEqual([['drainLines']]);
    expect(asks(byte, (tier, region) => void tier.persistAsync(region, 5, 2 ** 30))).toEqual([['drainLines']]);
  });

  test('write and fill store into the cache; drain: false leaves the fence out', () => {
    expect(asks(byte, (tier, region) => tier.write(region, source, 5, 3, true))).toEqual([
      ['store', source, 5, 3],
      ['drainLines'],
    ]);
    expect(asks(byte, (tier, region) => tier.write(region, source, 5, 3, false))).toEqual([['store', source, 5, 3]]);
    expect(asks(byte, (tier, region) => tier.fill(region, 9, 5, 6))).toEqual([['storeValue', 9, 5, 6], ['drainLines']]);
    expect(asks(byte, (tier, region) => tier.persistWord(region, 9n, 16))).toEqual([
      ['storeWord', 9n, 16],
      ['drainLines'],
    ]);
  });

  test('persistRanges is one fence, after all were checked', () => {
    expect(asks(byte, (tier, region) => tier.persistRanges(region, list(0, 8, 100, 8)))).toEqual([['drainLines']]);
    const { region, asked } = recording();
    expectMisuse(
      thrown(() => byte.persistRanges(region, list(0, 8, LENGTH, 1))),
      'ERR_OUT_OF_RANGE',
      'ranges[3]',
    );
    expect(asked).toEqual([]);
  });
});

describe('nothing to persist', () => {
  test('stores are stored, and nothing else is done', async () => {
    const { region, asked } = recording();
    none.persist(region, 0, 1);
    none.flush(region, 0, 1);
    none.drain(region);
    await none.persistAsync(region, 0, 1);
    none.persistRanges(region, list(0, 8));
    expect(asked).toEqual([]);
    expect(asks(none, (tier, into) => tier.write(into, source, 5, 3, true))).toEqual([['store', source, 5, 3]]);
    expect(asks(none, (tier, into) => tier.fill(into, 9, 5, 6))).toEqual([['storeValue', 9, 5, 6]]);
    expect(asks(none, (tier, into) => tier.persistWord(into, 9n, 16))).toEqual([['storeWord', 9n, 16]]);
  });

  test('ranges are checked all the same', () => {
    expectMisuse(
      thrown(() => none.persistRanges(recording().region, list(LENGTH, 1))),
      'ERR_OUT_OF_RANGE',
      'ranges[1]',
    );
  });
});
