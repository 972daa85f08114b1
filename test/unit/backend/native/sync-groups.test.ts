import type { Span } from '../../../../lib/backend/region.js';
import { describe, expect, jest, test } from '@jest/globals';
import fs from 'node:fs';
import { loadAddon } from '../../../../lib/backend/native/load.js';
import { syncGroups } from '../../../../lib/backend/native/sync-groups.js';
import { constants, map, type Mapping } from '../../../../lib/index.js';
import { Random } from '../../../support/random.js';
import { Scratch } from '../../../support/scratch.js';
import { native } from '../../../support/backends.js';
import { skipFor } from '../../../support/skip.js';

const { PAGE_SIZE } = constants;
const MIB = 2 ** 20;
const scratch = new Scratch();

describe('syncGroups', () => {
  const two = (gap: number): Span[] => [
    { offset: 0, length: PAGE_SIZE },
    { offset: PAGE_SIZE + gap, length: 100 },
  ];
  const whole = (gap: number): Span[] => [{ offset: 0, length: PAGE_SIZE + gap + 100 }];

  test('spans with nothing dirty between them are one', () => {
    expect(syncGroups(two(32 * MIB), () => 0)).toEqual(whole(32 * MIB));
  });

  test('spans with much that is dirty between them stay two', () => {
    expect(syncGroups(two(32 * MIB), () => 1000)).toEqual(two(32 * MIB));
  });

  /** The pages of 32 MiB after the first page that `syncGroups` asks about, where those of `dirty` are dirty. */
  function asked(dirty: { has(page: number): boolean }): { pages: number[]; groups: Span[] } {
    const pages: number[] = [];
    const groups = syncGroups(two(32 * MIB), (offset, length) => {
      const part = Array.from({ length: length / PAGE_SIZE }, (_, i) => offset / PAGE_SIZE + i);
      pages.push(...part);
      return part.filter((page) => dirty.has(page)).length;
    });
    return { pages, groups };
  }

  test('one page of 16 is asked about, each page once, all of them in the gap', () => {
    const { pages } = asked(new Set());
    expect(pages).toHaveLength(8192 / 16);
    expect(new Set(pages).size).toBe(pages.length);
    expect([Math.min(...pages), Math.max(...pages) <= 8192]).toEqual([1, true]);
  });

  test('a stretch of 272 dirty pages keeps two spans apart wherever it begins', () => {
    for (const begin of [...Array(256).keys(), 7921]) {
      const stretch = { has: (page: number) => page >= begin && page < begin + 272 };
      expect(asked(stretch).groups).toHaveLength(2);
    }
  });

  test('one dirty page of the sample counts as 16, which do not keep two spans apart', () => {
    const { pages } = asked(new Set());
    const [first, second] = pages as [number, number];
    expect(asked(new Set([first])).groups).toEqual(whole(32 * MIB));
    expect(asked(new Set([first, second])).groups).toEqual(two(32 * MIB));
  });

  test('a span that ends within a page: its own page is not asked about', () => {
    const ask = jest.fn((): number => 0);
    const spans = [
      { offset: 0, length: 100 },
      { offset: MIB, length: 100 },
    ];
    expect(syncGroups(spans, ask)).toEqual([{ offset: 0, length: MIB + 100 }]);
    expect(ask.mock.calls).toEqual([[PAGE_SIZE, 16 * PAGE_SIZE]]);
  });

  test('nothing is asked where the gap is of few pages, or so long that the answer costs too much', () => {
    const ask = jest.fn((): number => 0);
    expect(syncGroups(two(16 * PAGE_SIZE), ask)).toEqual(whole(16 * PAGE_SIZE));
    expect(syncGroups(two(2 ** 30), ask)).toEqual(two(2 ** 30));
    expect(ask).not.toHaveBeenCalled();
  });

  test.each([
    [MIB, true],
    [MIB + PAGE_SIZE, false],
  ])('where the kernel does not tell, a gap of %d bytes decides by itself', (gap, joins) => {
    expect(syncGroups(two(gap), () => undefined)).toEqual(joins ? whole(gap) : two(gap));
  });

  test('every span is in a group, in order, whatever is dirty', () => {
    const random = new Random(1);
    for (let round = 0; round < 200; round++) {
      const spans: Span[] = [];
      for (let at = 0; spans.length < 20; at += PAGE_SIZE * (1 + random.below(2000)))
        spans.push({ offset: at, length: PAGE_SIZE });
      const groups = syncGroups(spans, () => random.of([0, 1, 2, undefined]));
      for (const { offset, length } of spans) {
        expect(
          groups.filter((group) => group.offset <= offset && offset + length <= group.offset + group.length),
        ).toHaveLength(1);
      }
    }
  });
});

/** Why the calls of the real thing cannot be counted here; undefined: they can. */
function missing(): string | undefined {
  if (native.missing !== undefined) return native.missing;
  const path = scratch.sparse(PAGE_SIZE);
  using mapping = map(path);
  if (mapping.durability.domain === 'volatile')
    return `${scratch.dir} is in memory: set TMPDIR to a directory on a disk`;
  const fd = fs.openSync(path, 'r+');
  try {
    return dirtyPages(fd, 0, PAGE_SIZE) < 0 ? 'this kernel has no cachestat(2): Linux 6.5 has it' : undefined;
  } finally {
    fs.closeSync(fd);
  }
}

function dirtyPages(fd: number, offset: number, length: number): number {
  const loaded = loadAddon();
  if ('reason' in loaded) throw new Error(loaded.reason);
  return loaded.addon.dirtyPages(fd, offset, length);
}

/** The [offset, length] of each msync(2) that `use` makes. */
function syncsOf(use: () => void): number[][] {
  const loaded = loadAddon();
  if ('reason' in loaded) throw new Error(loaded.reason);
  const sync = jest.spyOn(loaded.addon, 'sync');
  try {
    use();
    return sync.mock.calls.map(([, offset, length]) => [offset, length]);
  } finally {
    sync.mockRestore();
  }
}

skipFor(missing()).describe('persistRanges() on a disk', () => {
  const LENGTH = 64 * MIB;

  function withMapping(use: (mapping: Mapping, fd: number) => void): void {
    const path = scratch.sparse(LENGTH);
    const fd = fs.openSync(path, 'r+');
    using mapping = map(path);
    try {
      use(mapping, fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  test('75 scattered pages cost one sync, and are on the disk', () => {
    withMapping((mapping, fd) => {
      const random = new Random(1);
      const ranges = Array.from({ length: 75 }, () => [random.below(LENGTH - 8), 8] as const);
      for (const [offset, length] of ranges) mapping.view(offset, length).fill(0x5a);
      expect(syncsOf(() => mapping.persistRanges(ranges))).toHaveLength(1);
      for (const [offset, length] of ranges) expect(dirtyPages(fd, offset, length)).toBe(0);
    });
  });

  test('two that are far apart do not pay for the dirty pages between them', () => {
    withMapping((mapping, fd) => {
      const [from, to] = [PAGE_SIZE, LENGTH - PAGE_SIZE];
      const dirty = (): number => dirtyPages(fd, from, to - from);
      const store = (at: number): void => void mapping.view(at, 8).fill(0x5a);
      // The kernel writes back in its own time too: again, where it was faster.
      for (let attempt = 0; attempt < 10; attempt++) {
        for (let at = from; at < from + 1000 * PAGE_SIZE; at += PAGE_SIZE) store(at);
        store(0);
        store(to);
        const before = dirty();
        const syncs = syncsOf(() =>
          mapping.persistRanges([
            [to, 8],
            [0, 8],
          ]),
        );
        const after = dirty();
        if (before < 500 || after < 500) continue;
        expect(syncs).toEqual([
          [0, 8],
          [to, 8],
        ]);
        expect([dirtyPages(fd, 0, 8), dirtyPages(fd, to, 8)]).toEqual([0, 0]);
        return;
      }
      throw new Error('the kernel wrote the pages back by itself, 10 times');
    });
  });
});

native.test('a file that may be on DAX is not asked about: cachestat(2) would end the machine', () => {
  const loaded = loadAddon();
  if (!('addon' in loaded)) throw new Error(loaded.reason);
  const ask = jest.spyOn(loaded.addon, 'dirtyPages').mockReturnValue(0);
  try {
    const asked = [true, undefined, false].map((dax) => {
      using mapping = map(scratch.sparse(4 * MIB), { backend: 'native' });
      const { file } = (mapping as unknown as { resources: { region: { file: object } } }).resources.region;
      Object.defineProperty(file, 'dax', { value: dax }); // there is no such file on this machine
      ask.mockClear();
      mapping.persistRanges([
        [0, 8],
        [2 * MIB, 8],
      ]);
      return ask.mock.calls.length;
    });
    using control = map(scratch.sparse(4096), { backend: 'native' });
    expect(asked.map((calls) => calls > 0)).toEqual([false, false, control.durability.domain !== 'volatile']);
  } finally {
    ask.mockRestore();
  }
});

test('the emulation waits for the disk once, however many ranges there are', () => {
  const wait = jest.spyOn(fs, 'fdatasyncSync');
  try {
    // It takes the functions of node:fs when it is loaded.
    jest.isolateModules(() => {
      const fresh = jest.requireActual<typeof import('../../../../lib/index.js')>('../../../../lib/index.js');
      using mapping = fresh.map(scratch.sparse(4 * MIB), { backend: 'emulated' });
      const ranges = Array.from({ length: 75 }, (_, i) => [i * 50_000, 8] as const);
      for (const [offset, length] of ranges) mapping.view(offset, length).fill(0x5a);
      mapping.persistRanges(ranges);
      expect(wait).toHaveBeenCalledTimes(1);
      const file = fs.readFileSync(mapping.path ?? '');
      for (const [offset, length] of ranges) expect(file.toString('latin1', offset, offset + length)).toBe('ZZZZZZZZ');
    });
  } finally {
    wait.mockRestore();
  }
});
