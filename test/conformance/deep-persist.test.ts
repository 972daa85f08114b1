import { describe, expect, test } from '@jest/globals';
import { readFileSync, truncateSync } from 'node:fs';
import { anonymous, constants, map, mmap } from '../../lib/index.js';
import { describeBackends } from '../support/backends.js';
import { expectMisuse, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { misplaced, watermark } from '../support/watermark.js';

const { PAGE_SIZE, PROT_READ, PROT_WRITE, MAP_ANONYMOUS, MAP_SHARED } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const scratch = new Scratch();

describeBackends('deepPersist()', (backend) => {
  test.each([
    [0, 1],
    [PAGE_SIZE - 1, 2],
    [PAGE_SIZE + 1, PAGE_SIZE],
    [LENGTH - 1, 1],
    [0, LENGTH],
  ])('of %d, %d: those bytes are in the file', (offset, length) => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    mapping.view(offset, length).fill(0);
    mapping.deepPersist(offset, length);
    expect(readFileSync(path).equals(watermark(0, LENGTH).fill(0, offset, offset + length))).toBe(true);
  });

  test('without arguments is everything, with an offset the rest', () => {
    const path = scratch.sparse(LENGTH);
    using mapping = map(path, { backend });
    mapping.buffer.set(watermark(0, LENGTH));
    mapping.deepPersist(PAGE_SIZE);
    expect(misplaced(readFileSync(path).subarray(PAGE_SIZE), PAGE_SIZE)).toBeUndefined();
    mapping.deepPersist();
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
  });

  test('of nothing does nothing, at both ends', () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    mapping.deepPersist(0, 0);
    mapping.deepPersist(LENGTH);
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
  });

  test('of a mapping after its file has become longer', () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    truncateSync(path, 2 * LENGTH);
    mapping.buffer.fill(1);
    mapping.deepPersist();
    expect(readFileSync(path).equals(Buffer.concat([Buffer.alloc(LENGTH, 1), Buffer.alloc(LENGTH)]))).toBe(true);
  });

  test.each(['read', 'copy'] as const)(
    "access '%s' has nothing to persist, and checks the range all the same",
    (access) => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend, access });
      mapping.buffer.fill(0);
      mapping.deepPersist();
      expect(misplaced(readFileSync(path), 0)).toBeUndefined();
      expectMisuse(
        thrown(() => mapping.deepPersist(0, LENGTH + 1)),
        'ERR_OUT_OF_RANGE',
        'length',
      );
    },
  );

  test.each([
    [0, LENGTH + 1, 'length'],
    [LENGTH, 1, 'length'],
    [LENGTH + 1, 0, 'offset'],
    [NaN, 1, 'offset'],
    [0, -1, 'length'],
    [1, Number.MAX_SAFE_INTEGER, 'length'],
  ])('of %d, %d is an error, not a success', (offset, length, argument) => {
    using mapping = map(scratch.file(LENGTH), { backend });
    expectMisuse(
      thrown(() => mapping.deepPersist(offset, length)),
      'ERR_OUT_OF_RANGE',
      argument,
    );
  });
});

describe('deepPersist() of memory', () => {
  test('without a name (memfd)', () => {
    using mapping = anonymous(LENGTH);
    mapping.write(watermark(0, LENGTH), 0);
    mapping.deepPersist(1, 2);
    mapping.deepPersist();
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });

  test('without a file', () => {
    using mapping = mmap(LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
    mapping.write(watermark(0, LENGTH), 0);
    mapping.deepPersist();
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });
});
