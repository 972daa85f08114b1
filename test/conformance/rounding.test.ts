import { describe, expect, test } from '@jest/globals';
import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { adviceNumbers, type Advice } from '../../lib/core/constants.js';
import { constants, map, type MapOptions, type Mapping } from '../../lib/index.js';
import { capable, describeBackends } from '../support/backends.js';
import { expectSystemError, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { misplaced, watermark } from '../support/watermark.js';

const { PAGE_SIZE } = constants;
const scratch = new Scratch();

// A mapping that begins and ends inside the file, and a range that begins and ends inside pages.
const FILE = 6 * PAGE_SIZE;
const START = PAGE_SIZE;
const LENGTH = 3 * PAGE_SIZE + 904;
const FROM = PAGE_SIZE + 100;
const COUNT = PAGE_SIZE + 500;

type Call = (mapping: Mapping) => unknown;

/** Methods that round their range to pages on the way to the kernel, and store nothing. */
const rounding: Readonly<Record<string, Call>> = {
  persist: (mapping) => mapping.persist(FROM, COUNT),
  flush: (mapping) => mapping.flush(FROM, COUNT),
  persistAsync: (mapping) => mapping.persistAsync(FROM, COUNT),
  persistRanges: (mapping) =>
    mapping.persistRanges([
      [FROM, 1],
      [FROM + COUNT, 1],
    ]),
  deepPersist: (mapping) => mapping.deepPersist(FROM, COUNT),
  populate: (mapping) => mapping.populate(FROM, COUNT),
  prefetch: (mapping) => mapping.prefetch(FROM, COUNT, { write: true }),
  residency: (mapping) => mapping.residency(FROM, COUNT),
  lock: (mapping) => mapping.lock(FROM, COUNT),
  'lock and unlock': (mapping) => (mapping.lock(FROM, COUNT), mapping.unlock(FROM, COUNT)),
  'shrink inside a page': (mapping) => mapping.resize(FROM),
  'shrink inside the last page': (mapping) => mapping.resize(LENGTH - 1),
  'shrink with a view on the rest': (mapping) => (mapping.view(FROM, COUNT), mapping.resize(FROM)),
  'shrink and grow': (mapping) => (mapping.resize(FROM), mapping.resize(LENGTH)),
  'grow inside a page': (mapping) => mapping.resize(LENGTH + 1),
  close: (mapping) => (mapping.view(FROM, COUNT), mapping.close()),
};

const discarding = ['dontneed', 'remove'];
const advice = (Object.keys(adviceNumbers) as Advice[]).filter((word) => !discarding.includes(word));
const maps: readonly MapOptions[] = [
  { access: 'write' },
  { access: 'write', reserve: FILE },
  { access: 'copy', reserve: FILE },
  { access: 'read', reserve: FILE },
];

describeBackends('a call that rounds its range to pages', (backend) => {
  const mapped = (path: string, options: MapOptions = {}): Mapping =>
    map(path, { backend, offset: START, length: LENGTH, ...options });

  describe.each(maps)('%j', (options) => {
    test.each(Object.keys(rounding))('%s changes no byte of the file', async (name) => {
      const path = scratch.file(FILE);
      using mapping = mapped(path, options);
      await rounding[name]?.(mapping);
      expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    });
  });

  test.each(advice)("advise('%s') changes no byte of the file", (word) => {
    const path = scratch.file(FILE);
    using mapping = mapped(path);
    try {
      mapping.advise(word, FROM, COUNT);
    } catch (error) {
      expect(['EINVAL', 'ENOMEM']).toContain((error as { code?: string }).code); // a kernel or file system that does not know it
    }
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
  });

  test('write() and fill() store their range and not a byte more', () => {
    const path = scratch.file(FILE);
    using mapping = mapped(path);
    mapping.write(Buffer.alloc(7, 0x5a), FROM);
    mapping.fill(0xa5, FROM + 7, COUNT);
    const right = watermark(0, FILE);
    right.fill(0x5a, START + FROM, START + FROM + 7).fill(0xa5, START + FROM + 7, START + FROM + 7 + COUNT);
    expect(readFileSync(path).equals(right)).toBe(true);
  });
});

describeBackends("advise('remove') up to an end inside a page", (backend, { paging }) => {
  /** The file as it was, and EINVAL. */
  function expectRefused(path: string, length: number, call: () => void): void {
    const error = thrown(call);
    expectSystemError(error, 'EINVAL', 'madvise', path);
    expect(error.message).toContain(`${PAGE_SIZE}`);
    expect(readFileSync(path).length).toBe(length);
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
  }

  test('is refused where the file goes on behind the mapping', () => {
    const path = scratch.file(3 * PAGE_SIZE);
    using mapping = map(path, { backend, offset: PAGE_SIZE, length: 10 });
    expectRefused(path, 3 * PAGE_SIZE, () => mapping.advise('remove'));
    using longer = map(path, { backend, length: PAGE_SIZE + 904 });
    expectRefused(path, 3 * PAGE_SIZE, () => longer.advise('remove'));
    expectRefused(path, 3 * PAGE_SIZE, () => longer.advise('remove', PAGE_SIZE, 904));
  });

  test('is refused when the mapping was shrunk within a page', () => {
    const path = scratch.file(3 * PAGE_SIZE);
    using mapping = map(path, { backend });
    mapping.resize(PAGE_SIZE + 100);
    expectRefused(path, 3 * PAGE_SIZE, () => mapping.advise('remove'));
  });

  test('is refused when the file has become longer since', () => {
    const path = scratch.file(PAGE_SIZE + 904);
    using mapping = map(path, { backend });
    appendFileSync(path, watermark(PAGE_SIZE + 904, 3000));
    expectRefused(path, PAGE_SIZE + 3904, () => mapping.advise('remove'));
  });

  capable(paging, 'paging').test('is done where the file ends there, or before', () => {
    for (const size of [PAGE_SIZE + 904, PAGE_SIZE + 100]) {
      const path = scratch.file(PAGE_SIZE + 904);
      using mapping = map(path, { backend });
      truncateSync(path, size);
      mapping.advise('remove', PAGE_SIZE, 904);
      const file = readFileSync(path);
      expect(file.length).toBe(size);
      expect(misplaced(file.subarray(0, PAGE_SIZE), 0)).toBeUndefined();
      expect(file.subarray(PAGE_SIZE).every((byte) => byte === 0)).toBe(true);
    }
  });
});
