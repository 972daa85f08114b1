import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { constants, map, type Mapping } from '../../lib/index.js';
import { capable, describeBackends } from '../support/backends.js';
import { expectMisuse, expectSystemError, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';

const { PAGE_SIZE } = constants;
const LENGTH = 2 * PAGE_SIZE;
const scratch = new Scratch();

// Both halves of a word, and their borders.
const words: readonly (bigint | number)[] = [
  0,
  -0,
  1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 52 + 12345,
  2 ** 53 - 1,
  0n,
  1n,
  2n ** 32n,
  2n ** 53n + 1n,
  2n ** 63n,
  0x0123_4567_89ab_cdefn,
  2n ** 64n - 1n,
];

describeBackends('persistWord()', (backend, capabilities) => {
  test.each(words.map((value) => [value]))('%p is in the file, little endian, and no byte beside it', (value) => {
    const path = scratch.file(LENGTH);
    const expected = readFileSync(path);
    using mapping = map(path, { backend });
    for (const offset of [0, 8, PAGE_SIZE - 8, PAGE_SIZE, LENGTH - 8]) {
      mapping.persistWord(offset, value);
      expected.writeBigUInt64LE(BigInt(value), offset);
      expect(mapping.buffer.readBigUInt64LE(offset)).toBe(BigInt(value));
    }
    expect(mapping.buffer.equals(expected)).toBe(true);
    expect(readFileSync(path).equals(expected)).toBe(true);
  });

  test.each([1, 2, 4, 7, LENGTH - 4, LENGTH - 7, LENGTH, 2 ** 40])(
    'offset %i is no multiple of 8, or the word ends outside',
    (offset) => {
      using mapping = map(scratch.file(LENGTH), { backend });
      const before = Buffer.from(mapping.buffer);
      expectMisuse(
        thrown(() => mapping.persistWord(offset, 1)),
        'ERR_OUT_OF_RANGE',
        'offset',
      );
      expect(mapping.buffer.equals(before)).toBe(true);
    },
  );

  test.each([[-1], [0.5], [NaN], [Infinity], [2 ** 53], [-1n], [2n ** 64n]])('%p is no word', (value) => {
    using mapping = map(scratch.file(LENGTH), { backend });
    const before = Buffer.from(mapping.buffer);
    expectMisuse(
      thrown(() => mapping.persistWord(8, value)),
      'ERR_OUT_OF_RANGE',
      'value',
    );
    expect(mapping.buffer.equals(before)).toBe(true);
  });

  test.each([['1'], [null], [undefined], [true], [{}], [Symbol('1')]])(
    '%p is neither a bigint nor a number',
    (value) => {
      using mapping = map(scratch.file(LENGTH), { backend });
      const before = Buffer.from(mapping.buffer);
      expectMisuse(
        thrown(() => mapping.persistWord(8, value as never)),
        'ERR_INVALID_ARG_TYPE',
        'value',
      );
      expect(mapping.buffer.equals(before)).toBe(true);
    },
  );

  test('the offset counts from the start of the mapping', () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend, offset: PAGE_SIZE, length: PAGE_SIZE });
    mapping.persistWord(16, 5);
    expect(readFileSync(path).readBigUInt64LE(PAGE_SIZE + 16)).toBe(5n);
  });

  describe('access', () => {
    test("'read' is refused", () => {
      using mapping = map(scratch.file(LENGTH), { backend, access: 'read' });
      expectSystemError(
        thrown(() => mapping.persistWord(0, 1)),
        'EACCES',
        'persistWord',
        mapping.path,
      );
    });

    test("'copy' stores, and the file stays", () => {
      const path = scratch.file(LENGTH);
      const before = readFileSync(path);
      using mapping = map(path, { backend, access: 'copy' });
      mapping.persistWord(8, 7n);
      expect(mapping.buffer.readBigUInt64LE(8)).toBe(7n);
      expect(readFileSync(path).equals(before)).toBe(true);
    });
  });

  capable(capabilities.coherent, 'coherent memory').test('another mapping of the file sees the word', () => {
    const path = scratch.file(LENGTH);
    using mapping: Mapping = map(path, { backend });
    using other = map(path, { backend });
    mapping.persistWord(24, 11n);
    expect(new BigUint64Array(other.arrayBuffer(24, 8))[0]).toBe(11n);
  });
});
