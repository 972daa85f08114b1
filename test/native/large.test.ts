import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { buffer as collect } from 'node:stream/consumers';
import type { Region } from '../../lib/backend/region.js';
import { constants, map, type Mapping } from '../../lib/index.js';
import { expectMisuse, expectSystemError, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { misplaced, watermark } from '../support/watermark.js';
import { native } from '../support/backends.js';

const { PAGE_SIZE } = constants;
const GIB = 2 ** 30;
const MIB = 2 ** 20;
const scratch = new Scratch();

/** The file's own bytes there, not through a mapping. */
function inFile(path: string, position: number, length: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    expect(readSync(fd, bytes, 0, length, position)).toBe(length);
    return bytes;
  } finally {
    closeSync(fd);
  }
}

native.describe('a file of 12 GiB', () => {
  const LENGTH = 12 * GIB;
  const path = (): string => (made ??= scratch.sparse(LENGTH));
  let made: string | undefined;
  let mapping: Mapping;

  beforeAll(() => {
    mapping = map(path());
  });
  afterAll(() => mapping.close());

  test('is mapped whole', () => {
    expect(mapping.length).toBe(LENGTH);
  });

  test.each([0, 3, 5, 11])('a window at %d GiB is that place in the file', (gib) => {
    const position = gib * GIB;
    mapping.view(position, MIB).set(watermark(position, MIB));
    mapping.persist(position, MIB);
    expect(misplaced(inFile(path(), position, MIB), position)).toBeUndefined();
  });

  test.each([
    ['2^30', 2 ** 30],
    ['2^31 - 1', 2 ** 31 - 1],
    ['2^31', 2 ** 31],
    ['2^32', 2 ** 32],
    ['2^32 + 2^31', 2 ** 32 + 2 ** 31],
    ['2^33', 2 ** 33],
  ])('a view across %s', (_name, boundary) => {
    const start = boundary - 1000;
    const view = mapping.view(start, 2000);
    expect(view.length).toBe(2000);
    view.set(watermark(start, 2000));
    mapping.persist(start, 2000);
    expect(misplaced(inFile(path(), start, 2000), start)).toBeUndefined();
    expect(misplaced(mapping.view(boundary - 1, 2), boundary - 1)).toBeUndefined();
  });

  test('the last byte, and not one more', () => {
    mapping.view(LENGTH - 1, 1)[0] = 0x77;
    mapping.persist(LENGTH - 1, 1);
    expect(inFile(path(), LENGTH - 1, 1)[0]).toBe(0x77);
    expectMisuse(
      thrown(() => mapping.view(LENGTH - 1, 2)),
      'ERR_OUT_OF_RANGE',
      'length',
    );
    expectMisuse(
      thrown(() => mapping.view(LENGTH + 1, 1)),
      'ERR_OUT_OF_RANGE',
      'offset',
    );
  });

  test('a view of 2^30 bytes starts anywhere; 2^30 + 1 is refused', () => {
    const start = 7 * GIB + GIB / 2 + 12345;
    const view = mapping.view(start, GIB);
    expect(view.length).toBe(GIB);
    view.set(watermark(start + GIB - 100, 100), GIB - 100);
    expect(misplaced(inFile(path(), start + GIB - 100, 100), start + GIB - 100)).toBeUndefined();
    expectMisuse(
      thrown(() => mapping.view(start, GIB + 1)),
      'ERR_OUT_OF_RANGE',
      'length',
    );
  });

  test('views of one place are one memory, whatever window they come from', () => {
    const at = 6 * GIB - 5;
    const across = mapping.view(at, 10);
    across.fill(0x11);
    expect(mapping.view(6 * GIB, 1)[0]).toBe(0x11);
    expect(mapping.view(at, 1)[0]).toBe(0x11);
    expect(new Uint8Array(mapping.arrayBuffer(at, 10))[9]).toBe(0x11);
  });

  test('the buffer of all of it is a RangeError that names view()', () => {
    const error = thrown(() => mapping.buffer);
    expectMisuse(error, 'ERR_OUT_OF_RANGE', 'length');
    expect(error.message).toContain('view(offset, length)');
  });

  test('write() and fill() across 4 GiB', () => {
    const start = 4 * GIB - MIB;
    mapping.write(watermark(start, 2 * MIB), start);
    expect(misplaced(inFile(path(), start, 2 * MIB), start)).toBeUndefined();
    mapping.fill(0x5a, 4 * GIB - 10, 20);
    expect(inFile(path(), 4 * GIB - 10, 20).equals(Buffer.alloc(20, 0x5a))).toBe(true);
    expect(misplaced(inFile(path(), 4 * GIB + 10, 100), 4 * GIB + 10)).toBeUndefined();
  });

  test('persistAsync, residency, advise and prefetch past 4 GiB', async () => {
    const start = 9 * GIB + 1;
    mapping.view(start, 100).set(watermark(start, 100));
    await mapping.persistAsync(start, 100);
    expect(misplaced(inFile(path(), start, 100), start)).toBeUndefined();
    expect(mapping.residency(start, 100)).toEqual({ pages: 1, resident: 1 });
    mapping.advise('willneed', start, 100);
    await mapping.prefetch(start, 3 * PAGE_SIZE);
    expect(misplaced(mapping.view(start, 100), start)).toBeUndefined();
  });

  test('createReadStream() across each GiB: the bytes of the file, and two windows for each at most', async () => {
    using own = map(path());
    const { region } = (own as unknown as { resources: { region: Pick<Region, 'window'> } }).resources;
    const window = jest.spyOn(region, 'window');
    for (let gib = 1; gib < 12; gib++) {
      const start = gib * GIB - MIB - 1;
      mapping.view(start, 2 * MIB).set(watermark(start, 2 * MIB));
      const got = await collect(own.createReadStream({ start, end: start + 2 * MIB - 1 }));
      expect(misplaced(got, start)).toBeUndefined();
    }
    const last = await collect(own.createReadStream({ start: LENGTH - 5 }));
    expect(last.equals(inFile(path(), LENGTH - 5, 5))).toBe(true);
    expect(window.mock.calls.length).toBeLessThanOrEqual(24);
  });

  test.each([3 * GIB, 4 * GIB, 4 * GIB + PAGE_SIZE, 11 * GIB])('mapped from offset %d on', (offset) => {
    using part = map(path(), { offset, length: MIB });
    expect([part.offset, part.length]).toEqual([offset, MIB]);
    part.write(watermark(offset, MIB), 0);
    expect(misplaced(inFile(path(), offset, MIB), offset)).toBeUndefined();
    expect(misplaced(mapping.view(offset, MIB), offset)).toBeUndefined();
  });

  test('resize across 4 GiB, in place within the reserve', () => {
    using growing = map(path(), { length: 4 * GIB - PAGE_SIZE, reserve: 6 * GIB });
    const kept = growing.view(0, 100);
    growing.resize(5 * GIB);
    expect(kept.length).toBe(100);
    const start = 4 * GIB + 300 * MIB;
    growing.write(watermark(start, 100), start);
    expect(misplaced(inFile(path(), start, 100), start)).toBeUndefined();
  });
});

/** peers.md: seen in the mmap-io family on Node 20, each of them. */
native.describe('errors of other packages', () => {
  test('a map of 4 GiB + 4096 has 4 GiB + 4096 bytes, not 4096', () => {
    const path = scratch.sparse(4 * GIB + 4096);
    using mapping = map(path);
    expect(mapping.length).toBe(4 * GIB + 4096);
    mapping.write(watermark(4 * GIB, 4096), 4 * GIB);
    expect(misplaced(inFile(path, 4 * GIB, 4096), 4 * GIB)).toBeUndefined();
    expect(inFile(path, 0, 4096).equals(Buffer.alloc(4096))).toBe(true);
  });

  test('3 GiB can be mapped', () => {
    const path = scratch.sparse(3 * GIB);
    using mapping = map(path);
    mapping.write(watermark(3 * GIB - 10, 10), 3 * GIB - 10);
    expect(misplaced(inFile(path, 3 * GIB - 10, 10), 3 * GIB - 10)).toBeUndefined();
  });

  test('an offset of 3 GiB can be mapped', () => {
    const path = scratch.sparse(3 * GIB + PAGE_SIZE);
    using mapping = map(path, { offset: 3 * GIB });
    expect(mapping.length).toBe(PAGE_SIZE);
    mapping.write(watermark(3 * GIB, PAGE_SIZE), 0);
    expect(misplaced(inFile(path, 3 * GIB, PAGE_SIZE), 3 * GIB)).toBeUndefined();
  });

  test('a persist far outside is an error, not a success', () => {
    using mapping = map(scratch.file(PAGE_SIZE));
    expectMisuse(
      thrown(() => mapping.persist(100 * GIB, PAGE_SIZE)),
      'ERR_OUT_OF_RANGE',
      'offset',
    );
    expectMisuse(
      thrown(() => mapping.persist(0, 100 * GIB)),
      'ERR_OUT_OF_RANGE',
      'length',
    );
    expectMisuse(
      thrown(() => mapping.persist(PAGE_SIZE, 1)),
      'ERR_OUT_OF_RANGE',
      'length',
    );
  });

  test('an advise at a negative offset is an error, and touches no other memory', () => {
    using mapping = map(scratch.file(PAGE_SIZE));
    expectMisuse(
      thrown(() => mapping.advise('dontneed', -PAGE_SIZE, PAGE_SIZE)),
      'ERR_OUT_OF_RANGE',
      'offset',
    );
    expectMisuse(
      thrown(() => mapping.advise('dontneed', 0, -PAGE_SIZE)),
      'ERR_OUT_OF_RANGE',
      'length',
    );
  });

  test('an unaligned slice can be persisted', () => {
    const path = scratch.file(2 * PAGE_SIZE);
    using mapping = map(path);
    mapping.view(PAGE_SIZE - 3, 7).fill(0);
    mapping.persist(PAGE_SIZE - 3, 7);
    expect(
      readFileSync(path)
        .subarray(PAGE_SIZE - 3, PAGE_SIZE + 4)
        .equals(Buffer.alloc(7)),
    ).toBe(true);
  });

  test('a store into a read-only map is harmless', () => {
    const path = scratch.file(PAGE_SIZE);
    using mapping = map(path, { access: 'read' });
    mapping.buffer.fill(0);
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
  });

  test('errors carry code, errno, syscall and path', () => {
    const path = scratch.path('missing');
    expectSystemError(
      thrown(() => map(path)),
      'ENOENT',
      'open',
      path,
    );
    expect(thrown(() => map(path)).errno).toBe(-2);
  });
});
