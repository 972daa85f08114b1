import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { constants, map } from '../../lib/index.js';
import { capable, describeBackends } from '../support/backends.js';
import { expectMisuse, expectSystemError, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { misplaced, watermark } from '../support/watermark.js';

const { PAGE_SIZE } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const LARGEST = Number.MAX_SAFE_INTEGER;
const scratch = new Scratch();

const inside: readonly (readonly [offset: number, length: number])[] = [
  [0, 1],
  [1, 1],
  [PAGE_SIZE - 1, 1],
  [PAGE_SIZE, 1],
  [PAGE_SIZE - 1, 2],
  [PAGE_SIZE + 1, PAGE_SIZE],
  [LENGTH - 1, 1],
  [0, LENGTH],
];
const outside: readonly (readonly [offset: number, length: number, argument: string])[] = [
  [0, LENGTH + 1, 'length'],
  [1, LENGTH, 'length'],
  [LENGTH, 1, 'length'],
  [LENGTH + 1, 0, 'offset'],
  [LARGEST, 1, 'offset'],
  [LARGEST, LARGEST, 'offset'],
  [1, LARGEST, 'length'],
  [2 ** 32, 1, 'offset'],
  [0, 2 ** 32 + 1, 'length'],
  [-1, 1, 'offset'],
  [0, -1, 'length'],
];

describeBackends('views', (backend, capabilities) => {
  const onlyWhole = (method: 'view' | 'arrayBuffer'): boolean =>
    method === 'arrayBuffer' && !capabilities.partialArrayBuffers;

  describe.each(['view', 'arrayBuffer'] as const)('%s()', (method) => {
    test.each(inside)('%d, %d is inside', (offset, length) => {
      using mapping = map(scratch.file(LENGTH), { backend });
      if (onlyWhole(method) && length !== LENGTH) {
        expectSystemError(
          thrown(() => mapping[method](offset, length)),
          'EOPNOTSUPP',
          'mmap',
          mapping.path,
        );
        return;
      }
      const got = mapping[method](offset, length);
      expect(got.byteLength).toBe(length);
      expect(misplaced(Buffer.from(got as ArrayBuffer), offset)).toBeUndefined();
    });

    test.each(outside)('%d, %d is outside', (offset, length, argument) => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expectMisuse(
        thrown(() => mapping[method](offset, length)),
        'ERR_OUT_OF_RANGE',
        argument,
      );
    });

    test('of nothing is ERR_OUT_OF_RANGE', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expectMisuse(
        thrown(() => mapping[method](0, 0)),
        'ERR_OUT_OF_RANGE',
        'length',
      );
      expectMisuse(
        thrown(() => mapping[method](LENGTH, 0)),
        'ERR_OUT_OF_RANGE',
        'offset',
      );
    });

    test('without arguments it is everything, with an offset the rest', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expect(mapping[method]().byteLength).toBe(LENGTH);
      if (!onlyWhole(method)) expect(mapping[method](PAGE_SIZE + 1).byteLength).toBe(LENGTH - PAGE_SIZE - 1);
    });
  });

  test('every view of a byte is the same byte', () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    const whole = mapping.buffer;
    const part = mapping.view(PAGE_SIZE - 1, 10);
    const raw = new Uint8Array(mapping.arrayBuffer());
    part[3] = 0;
    expect(whole[PAGE_SIZE + 2]).toBe(0);
    expect(raw[PAGE_SIZE + 2]).toBe(0);
    raw[PAGE_SIZE + 3] = 0;
    expect(part[4]).toBe(0);
    mapping.persist();
    expect(
      readFileSync(path)
        .subarray(PAGE_SIZE + 2, PAGE_SIZE + 4)
        .equals(Buffer.alloc(2)),
    ).toBe(true);
  });

  capable(capabilities.partialArrayBuffers, 'ArrayBuffers of a part').test(
    'an arrayBuffer of a part is that part, for stores too',
    () => {
      const path = scratch.file(LENGTH);
      const mapping = map(path, { backend });
      const part = mapping.arrayBuffer(PAGE_SIZE - 1, 10);
      new Uint8Array(part).set([0, 0, 0], 2);
      expect(mapping.view(PAGE_SIZE + 1, 3).equals(Buffer.alloc(3))).toBe(true);
      mapping.close();
      expect(
        readFileSync(path)
          .subarray(PAGE_SIZE + 1, PAGE_SIZE + 4)
          .equals(Buffer.alloc(3)),
      ).toBe(true);
      expect(part.byteLength).toBe(0);
    },
  );

  test.each([0, 8, PAGE_SIZE - 8, PAGE_SIZE + 72])(
    'Atomics over the ArrayBuffer of a view at %d are aligned, and reach the file',
    (offset) => {
      const path = scratch.sparse(LENGTH);
      using mapping = map(path, { backend });
      const view = mapping.view(offset, 16);
      const words = new BigInt64Array(view.buffer, view.byteOffset, 2);
      Atomics.add(words, 1, 0x0102n);
      expect(view.readBigInt64LE(8)).toBe(0x0102n);
      mapping.persist();
      expect(readFileSync(path).readBigInt64LE(offset + 8)).toBe(0x0102n);
    },
  );

  test.each([1, 4, PAGE_SIZE - 1])('and one at %d, where no aligned word is, is refused', (offset) => {
    using mapping = map(scratch.sparse(LENGTH), { backend });
    const view = mapping.view(offset, 16);
    expect(thrown(() => new BigInt64Array(view.buffer, view.byteOffset, 2))).toBeInstanceOf(RangeError);
  });

  describe('write() and fill()', () => {
    test('are in the file on return, at the right place', () => {
      const path = scratch.sparse(LENGTH);
      using mapping = map(path, { backend });
      mapping.write(watermark(PAGE_SIZE - 5, 20), PAGE_SIZE - 5);
      mapping.fill(0x7f, LENGTH - 3);
      const file = readFileSync(path);
      expect(misplaced(file.subarray(PAGE_SIZE - 5, PAGE_SIZE + 15), PAGE_SIZE - 5)).toBeUndefined();
      expect(file.subarray(0, PAGE_SIZE - 5).equals(Buffer.alloc(PAGE_SIZE - 5))).toBe(true);
      expect(file.toString('hex', LENGTH - 4)).toBe('007f7f7f');
    });

    test('take any view of bytes: Buffer, typed array, DataView', () => {
      using mapping = map(scratch.sparse(LENGTH), { backend });
      const words = new Uint16Array([0x0101, 0x0202, 0x0303]);
      mapping.write(words.subarray(1), 0);
      mapping.write(new DataView(words.buffer, 4, 2), 4);
      expect(mapping.buffer.toString('hex', 0, 7)).toBe('02020303030300');
    });

    test('a source in the same mapping may overlap', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      mapping.write(mapping.view(0, 2 * PAGE_SIZE), 100);
      expect(misplaced(mapping.view(100, 2 * PAGE_SIZE), 0)).toBeUndefined();
    });

    test('nothing to write is nothing done; at the end too', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      mapping.write(Buffer.alloc(0), LENGTH);
      mapping.fill(0, LENGTH, 0);
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    });

    test('drain: false, then one drain()', () => {
      const path = scratch.sparse(LENGTH);
      using mapping = map(path, { backend });
      mapping.write(Buffer.from('a'), 0, { drain: false });
      mapping.write(Buffer.from('b'), PAGE_SIZE, { drain: false });
      mapping.drain();
      expect(readFileSync(path)[PAGE_SIZE]).toBe(0x62);
    });

    test('past the end nothing is stored', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expectMisuse(
        thrown(() => mapping.write(Buffer.alloc(2), LENGTH - 1)),
        'ERR_OUT_OF_RANGE',
        'offset',
      );
      expectMisuse(
        thrown(() => mapping.fill(0, 1, LENGTH)),
        'ERR_OUT_OF_RANGE',
        'length',
      );
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    });
  });
});
