import { afterEach, expect, test } from '@jest/globals';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { constants, map, mmap, type Mapping } from '../../lib/index.js';
import { areaOf } from '../support/area.js';
import { expectSystemError, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { misplaced } from '../support/watermark.js';
import { native } from '../support/backends.js';
import { skipUnless } from '../support/skip.js';

const {
  MAP_ANONYMOUS,
  MAP_LOCKED,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  PAGE_SIZE,
  PROT_EXEC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} = constants;
const LENGTH = 64 * PAGE_SIZE;
const scratch = new Scratch();
const open: Mapping[] = [];
afterEach(() => open.splice(0).forEach((mapping) => mapping.close()));

function of(path: string, prot: number, flags: number, length = LENGTH): Mapping {
  const fd = openSync(path, 'r+');
  try {
    const mapping = mmap(length, prot, flags, fd);
    open.push(mapping);
    return mapping;
  } finally {
    closeSync(fd);
  }
}

const memory = (prot: number): Mapping => {
  const mapping = mmap(LENGTH, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  open.push(mapping);
  return mapping;
};

const mapped = (path: string, options: Parameters<typeof map>[1]): Mapping => {
  const mapping = map(path, options);
  open.push(mapping);
  return mapping;
};

native.describe('pages of a private mapping are brought in without a copy', () => {
  /** Each way to say it; `locks`: they stay in memory. */
  const ways: Readonly<Record<string, { make: (path: string) => Mapping; locks: boolean }>> = {
    'read, populate': { make: (path) => mapped(path, { access: 'read', populate: true }), locks: false },
    'read, lock': { make: (path) => mapped(path, { access: 'read', lock: true }), locks: true },
    'copy, lock': { make: (path) => mapped(path, { access: 'copy', lock: true }), locks: true },
    'read, MAP_POPULATE': { make: (path) => mapped(path, { access: 'read', flags: MAP_POPULATE }), locks: false },
    'read, MAP_LOCKED': { make: (path) => mapped(path, { access: 'read', flags: MAP_LOCKED }), locks: true },
    'copy, MAP_POPULATE | MAP_LOCKED': {
      make: (path) => mapped(path, { access: 'copy', flags: MAP_POPULATE | MAP_LOCKED }),
      locks: true,
    },
    'read, MAP_POPULATE, reserve': {
      make: (path) => mapped(path, { access: 'read', flags: MAP_POPULATE, reserve: 2 * LENGTH }),
      locks: false,
    },
    'mmap() MAP_POPULATE': { make: (path) => of(path, PROT_READ, MAP_PRIVATE | MAP_POPULATE), locks: false },
    'mmap() MAP_LOCKED': { make: (path) => of(path, PROT_READ, MAP_PRIVATE | MAP_LOCKED), locks: true },
  };

  test.each(Object.keys(ways))('%s: present, no page copied, and it follows the file', (name) => {
    const way = ways[name];
    const path = scratch.file(LENGTH);
    const mapping = way!.make(path);
    const area = areaOf(mapping);
    expect([area.bytes('Rss'), area.bytes('Anonymous'), area.bytes('Locked')]).toEqual([
      LENGTH,
      0,
      way!.locks ? LENGTH : 0,
    ]);
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    const fd = openSync(path, 'r+');
    writeSync(fd, Buffer.of(0xee), 0, 1, PAGE_SIZE + 5);
    closeSync(fd);
    expect(mapping.buffer[PAGE_SIZE + 5]).toBe(0xee);
  });

  test('the flags are shown as they were given, and hold for pages that resize() adds', () => {
    const path = scratch.file(2 * LENGTH);
    const mapping = mapped(path, {
      access: 'read',
      length: LENGTH,
      flags: MAP_POPULATE | MAP_LOCKED,
      reserve: 2 * LENGTH,
    });
    expect(mapping.flags).toBe(MAP_PRIVATE | MAP_NORESERVE | MAP_POPULATE | MAP_LOCKED);
    mapping.resize(2 * LENGTH);
    const area = areaOf(mapping);
    expect([area.bytes('Rss'), area.bytes('Anonymous'), area.bytes('Locked')]).toEqual([2 * LENGTH, 0, 2 * LENGTH]);
  });

  test('mmap() past the end of the file: missing pages are no error, as with mmap(2)', () => {
    const mapping = of(scratch.file(PAGE_SIZE), PROT_READ, MAP_PRIVATE | MAP_POPULATE, 4 * PAGE_SIZE);
    expect(mapping.view(0, PAGE_SIZE).length).toBe(PAGE_SIZE);
  });

  test('mmap() of memory and of a writable copy: the kernel does as asked', () => {
    const copy = areaOf(of(scratch.file(LENGTH), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE));
    expect(copy.bytes('Anonymous')).toBe(LENGTH);
  });
});

native.describe('lock()', () => {
  test.each(['read', 'copy'] as const)("of access '%s' brings its range in and copies nothing", (access) => {
    const mapping = mapped(scratch.file(LENGTH), { access });
    mapping.lock(PAGE_SIZE + 1, 2 * PAGE_SIZE);
    expect(mapping.residency(PAGE_SIZE + 1, 2 * PAGE_SIZE)).toEqual({ pages: 3, resident: 3 });
    mapping.lock();
    const area = areaOf(mapping);
    expect([area.bytes('Rss'), area.bytes('Anonymous'), area.bytes('Locked')]).toEqual([LENGTH, 0, LENGTH]);
  });

  test('of private memory without a file makes it present', () => {
    const mapping = memory(PROT_READ | PROT_WRITE);
    mapping.lock();
    expect(areaOf(mapping).bytes('Locked')).toBe(LENGTH);
    expect(mapping.residency().resident).toBe(LENGTH / PAGE_SIZE);
  });

  test('of memory that may not be touched locks its future pages', () => {
    expect(() => memory(PROT_NONE).lock()).not.toThrow();
  });

  test('of pages that cannot be had is EFAULT', () => {
    const mapping = of(scratch.file(PAGE_SIZE), PROT_READ, MAP_PRIVATE, 4 * PAGE_SIZE);
    expectSystemError(
      thrown(() => mapping.lock()),
      'EFAULT',
      'madvise',
    );
  });
});

native.describe('the protection that mmap() was given', () => {
  test.each([
    [PROT_READ | PROT_EXEC, MAP_PRIVATE, 'r-xp'],
    [PROT_EXEC, MAP_PRIVATE, '--xp'],
    [PROT_READ | PROT_EXEC, MAP_SHARED, 'r-xs'],
    [PROT_READ, MAP_SHARED, 'r--s'],
    [PROT_READ, MAP_PRIVATE, 'rw-p'], // so that a stray store is harmless
    [PROT_READ | PROT_WRITE, MAP_PRIVATE, 'rw-p'],
    [PROT_NONE, MAP_PRIVATE, '---p'],
  ])('prot %d, flags %d: %s', (prot, flags, access) => {
    const mapping = of(scratch.file(LENGTH), prot, flags);
    expect(areaOf(mapping).access).toBe(access);
    if (access.startsWith('rw')) expect(misplaced(mapping.view(0, LENGTH), 0)).toBeUndefined();
    else
      expectSystemError(
        thrown(() => mapping.view(0, 1)),
        'EACCES',
        'view',
      );
  });

  // A file whose mappings may not be writable, not even private ones.
  const BTF = '/sys/kernel/btf/vmlinux';
  const btf = skipUnless(
    existsSync(BTF),
    `${BTF} is missing`,
    'run the tests on Linux >= 6.16 with CONFIG_DEBUG_INFO_BTF',
  );

  btf.test('a file that forbids PROT_WRITE to every process has an address and no views', () => {
    const fd = openSync(BTF, 'r');
    try {
      expect(thrown(() => map(fd, { access: 'read' })).message).toContain('PROT_READ');
      using mapping = mmap(PAGE_SIZE, PROT_READ, MAP_PRIVATE, fd);
      expect(areaOf(mapping).access).toBe('r--p');
      expectSystemError(
        thrown(() => mapping.view(0, 1)),
        'EACCES',
        'view',
      );
    } finally {
      closeSync(fd);
    }
  });
});
