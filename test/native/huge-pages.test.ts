import { describe, expect, test } from '@jest/globals';
import { mappedUnit } from '../../lib/storage/huge-pages.js';
import { constants, mmap, stats } from '../../lib/index.js';
import { expectSystemError, thrown } from '../support/errors.js';
import { freeHugePages, hugePages, memoryInfo } from '../support/huge-pages.js';
import { native } from '../support/backends.js';
import { linux } from '../support/skip.js';

const {
  MAP_ANONYMOUS,
  MAP_HUGETLB,
  MAP_HUGE_1GB,
  MAP_HUGE_2MB,
  MAP_PRIVATE,
  MAP_SHARED,
  PAGE_SIZE,
  PROT_READ,
  PROT_WRITE,
} = constants;

describe('the unit of a mapping', () => {
  test('is a page, without MAP_HUGETLB', () => {
    expect(mappedUnit(MAP_SHARED, undefined)).toBe(PAGE_SIZE);
    expect(mappedUnit(MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGE_2MB, undefined)).toBe(PAGE_SIZE);
  });

  test('is a huge page of the size that the flags name', () => {
    expect(mappedUnit(MAP_HUGETLB | MAP_HUGE_2MB, undefined)).toBe(2 ** 21);
    expect(mappedUnit(MAP_HUGETLB | MAP_HUGE_1GB, undefined)).toBe(2 ** 30);
  });

  linux.test('is a huge page of the default size where they name none', () => {
    expect(mappedUnit(MAP_HUGETLB, undefined)).toBe(1024 * memoryInfo('Hugepagesize'));
  });
});

native.and(hugePages(2)).describe('huge pages', () => {
  const unit = mappedUnit(MAP_HUGETLB, undefined);

  test.each([1, 2 * PAGE_SIZE, unit - 1, unit, unit + 1])('%d bytes of them are given back by close()', (length) => {
    const before = [stats(), freeHugePages()];
    const mapping = mmap(length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
    expect(mapping.length).toBe(length);
    mapping.view(length - 1, 1).fill(1);
    expect(thrown(() => mapping.view(0, length + 1)).code).toBe('ERR_OUT_OF_RANGE');
    mapping.close();
    expect([stats(), freeHugePages()]).toEqual(before);
    mmap(length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1).close(); // without a window
    expect([stats(), freeHugePages()]).toEqual(before);
  });

  test('advice that throws content away wants whole ones', () => {
    using mapping = mmap(unit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
    mapping.view(0, 1).fill(1);
    for (const [offset, length] of [
      [0, PAGE_SIZE],
      [PAGE_SIZE, unit - PAGE_SIZE],
    ] as const) {
      const error = thrown(() => mapping.advise('dontneed', offset, length));
      expectSystemError(error, 'EINVAL', 'madvise');
      expect(error.message).toContain(`${unit}`);
    }
    expect(mapping.view(0, 1)[0]).toBe(1);
    mapping.advise('dontneed', 0, unit);
    expect(mapping.view(0, 1)[0]).toBe(0);
  });
});
