import { describe, expect, test } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { constants, map } from '../../lib/index.js';
import { capable, describeBackends } from '../support/backends.js';
import { expectMisuse, expectSystemError, thrown } from '../support/errors.js';
import { onDax } from '../support/expected-granularity.js';
import { Scratch } from '../support/scratch.js';
import { firstDifference, misplaced, watermark } from '../support/watermark.js';

const { PAGE_SIZE } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const scratch = new Scratch();

/** Of this process. */
function lockedBytes(): number {
  return 1024 * Number(/^VmLck:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
}

/** The entry of the kernel for the pages at an address. */
function flagsAt(address: bigint): string | undefined {
  let inside = false;
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line) ?? [];
    if (start !== undefined) inside = BigInt(`0x${start}`) <= address && address < BigInt(`0x${end}`);
    else if (inside && line.startsWith('VmFlags:')) return line;
  }
  return undefined;
}

describeBackends('resize', (backend, capabilities) => {
  describe.each([
    ['with a reserve', { reserve: 64 * PAGE_SIZE }],
    ['without a reserve', {}],
  ] as const)('%s', (_title, options) => {
    const keepsViews = capabilities.growInPlace && 'reserve' in options;

    test('growing makes the file longer; old bytes stay, new ones are 0, stores reach the file', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend, ...options });
      const old = mapping.buffer;
      old[1] = 0;
      mapping.resize(2 * LENGTH);
      expect(mapping.length).toBe(2 * LENGTH);
      expect(statSync(path).size).toBe(2 * LENGTH);
      expect(old.length).toBe(keepsViews ? LENGTH : 0);
      const right = watermark(0, LENGTH);
      right[1] = 0;
      const wrong = firstDifference(mapping.view(0, LENGTH), right);
      const wrongInFile = firstDifference(readFileSync(path), right);
      expect({ wrong, wrongInFile, lost: mapping.faulted }).toEqual({ lost: false });
      expect(mapping.view(LENGTH, LENGTH).equals(Buffer.alloc(LENGTH))).toBe(true);
      mapping.write(watermark(LENGTH, LENGTH), LENGTH);
      expect(misplaced(readFileSync(path).subarray(LENGTH), LENGTH)).toBeUndefined();
    });

    test('a view from before is the same memory afterwards, where it stays valid', () => {
      using mapping = map(scratch.file(LENGTH), { backend, ...options });
      const old = mapping.view(PAGE_SIZE, 10);
      mapping.resize(10 * PAGE_SIZE);
      expect(old.length).toBe(keepsViews ? 10 : 0);
      mapping.view(PAGE_SIZE, 10).fill(0);
      if (keepsViews) expect(old.equals(Buffer.alloc(10))).toBe(true);
    });

    test('in many small steps', () => {
      const path = scratch.file(1);
      const mapping = map(path, { backend, ...options });
      for (let length = 2; length < 10 * PAGE_SIZE; length += 1777) {
        mapping.resize(length);
        mapping.buffer[length - 1] = 1;
        expect(mapping.length).toBe(length);
      }
      mapping.close();
      const file = readFileSync(path);
      for (let length = 2; length < 10 * PAGE_SIZE; length += 1777) expect(file[length - 1]).toBe(1);
    });

    test('within the file nothing is allocated: the file has the bytes', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend, length: 10, ...options });
      mapping.resize(LENGTH);
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
      expect(statSync(path).size).toBe(LENGTH);
    });

    test.each([1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1])(
      'shrinking to %d never truncates, and detaches the views that reach past it',
      (length) => {
        const path = scratch.file(LENGTH);
        using mapping = map(path, { backend, ...options });
        const whole = mapping.buffer;
        whole[LENGTH - 1] = 0;
        mapping.resize(length);
        expect(mapping.length).toBe(length);
        expect(whole.length).toBe(0);
        expect(misplaced(mapping.buffer, 0)).toBeUndefined();
        expectMisuse(
          thrown(() => mapping.view(length - 1, 2)),
          'ERR_OUT_OF_RANGE',
          'length',
        );
        mapping.buffer[length - 1] = 0;
        mapping.persist();
        const file = readFileSync(path);
        expect(file.length).toBe(LENGTH);
        expect(file[length - 1]).toBe(0);
        expect(file[LENGTH - 1]).toBe(0);
      },
    );

    test('shrinking and growing again gives the bytes back', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend, ...options });
      expect(mapping.buffer.length).toBe(LENGTH);
      mapping.resize(PAGE_SIZE);
      const short = mapping.buffer;
      mapping.resize(LENGTH);
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
      expect([0, PAGE_SIZE]).toContain(short.length);
      mapping.buffer[LENGTH - 1] = 0;
      mapping.persist();
      expect(readFileSync(path)[LENGTH - 1]).toBe(0);
    });

    test('at an offset', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend, offset: PAGE_SIZE, ...options });
      mapping.resize(LENGTH);
      expect(statSync(path).size).toBe(PAGE_SIZE + LENGTH);
      expect(misplaced(mapping.view(0, LENGTH - PAGE_SIZE), PAGE_SIZE)).toBeUndefined();
      mapping.write(watermark(LENGTH, PAGE_SIZE), LENGTH - PAGE_SIZE);
      expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    });
  });

  describe('growing in its reserve after a shrink that detached no view', () => {
    test('views that were made since stay valid', () => {
      using mapping = map(scratch.file(LENGTH), { backend, reserve: 64 * PAGE_SIZE });
      mapping.resize(PAGE_SIZE);
      mapping.resize(2 * PAGE_SIZE);
      const view = mapping.view(0, 10);
      mapping.resize(10 * PAGE_SIZE);
      expect(view.length).toBe(capabilities.growInPlace ? 10 : 0);
    });

    capable(capabilities.partialArrayBuffers, 'ArrayBuffers of a part').test(
      'so does an ArrayBuffer from before that ends earlier',
      () => {
        using mapping = map(scratch.file(LENGTH), { backend, reserve: 64 * PAGE_SIZE });
        const part = mapping.arrayBuffer(0, PAGE_SIZE);
        mapping.resize(PAGE_SIZE);
        mapping.resize(LENGTH);
        expect(part.byteLength).toBe(PAGE_SIZE);
        expect(misplaced(mapping.buffer, 0)).toBeUndefined();
      },
    );

    capable(capabilities.address, 'addresses').test(
      'growing moves where a window was cut off that may be in use',
      () => {
        using mapping = map(scratch.file(LENGTH), { backend, reserve: 64 * PAGE_SIZE });
        const { address } = mapping;
        expect(mapping.buffer.length).toBe(LENGTH);
        mapping.resize(PAGE_SIZE);
        mapping.resize(LENGTH);
        expect(mapping.address).not.toBe(address);
        expect(misplaced(mapping.buffer, 0)).toBeUndefined();
      },
    );
  });

  describe.each([
    ['in its reserve', { reserve: 64 * PAGE_SIZE }],
    ['to another place', {}],
  ])('options of map() hold for pages that are grown %s', (_how, options) => {
    test('lock: true', () => {
      const before = lockedBytes();
      using mapping = map(scratch.file(2 * PAGE_SIZE), { backend, lock: true, ...options });
      mapping.resize(4 * PAGE_SIZE);
      // Memory of DAX is not counted.
      expect(lockedBytes() - before).toBe(capabilities.paging && !onDax ? 4 * PAGE_SIZE : 0);
      mapping.close();
      expect(lockedBytes()).toBe(before);
    });

    const pagingTest = capabilities.paging ? test : (): void => undefined;
    pagingTest('advice', () => {
      using mapping = map(scratch.file(2 * PAGE_SIZE), { backend, advice: 'random', ...options });
      mapping.resize(4 * PAGE_SIZE);
      expect(flagsAt(mapping.address + BigInt(3 * PAGE_SIZE))).toContain('rr'); // proc(5)
    });

    test('but no advice that throws content away', () => {
      using mapping = map(scratch.file(2 * PAGE_SIZE), { backend, advice: 'dontneed', ...options });
      mapping.resize(4 * PAGE_SIZE);
      expect(misplaced(mapping.view(0, 2 * PAGE_SIZE), 0)).toBeUndefined();
    });
  });

  test('to the same length does nothing: views stay', () => {
    using mapping = map(scratch.file(LENGTH), { backend });
    const { buffer } = mapping;
    mapping.resize(LENGTH);
    expect(misplaced(buffer, 0)).toBeUndefined();
  });

  test('the blocks of the new part are allocated, if the backend can', () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    mapping.resize(100 * PAGE_SIZE);
    expect(statSync(path).blocks * 512 >= 100 * PAGE_SIZE).toBe(capabilities.allocate);
  });

  test.each(['read', 'copy'] as const)("access '%s' cannot make the file longer: EACCES", (access) => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend, access, reserve: 64 * PAGE_SIZE });
    expectSystemError(
      thrown(() => mapping.resize(2 * LENGTH)),
      'EACCES',
      'fallocate',
      path,
    );
    expect(mapping.length).toBe(LENGTH);
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });

  test.each(['read', 'copy'] as const)(
    "access '%s' grows within the file and its reserve, its own stores stay",
    (access) => {
      using mapping = map(scratch.file(LENGTH), { backend, access, length: 10, reserve: 64 * PAGE_SIZE });
      mapping.buffer[3] = 0;
      mapping.resize(LENGTH);
      const right = watermark(0, LENGTH);
      right[3] = 0;
      expect(mapping.buffer.equals(right)).toBe(true);
    },
  );

  capable(capabilities.maxLength !== Number.MAX_SAFE_INTEGER, 'limit of length').test(
    'more than maxLength is refused and changes nothing',
    () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      expectSystemError(
        thrown(() => mapping.resize(capabilities.maxLength + 1)),
        'ENOMEM',
        'mmap',
        path,
      );
      expect(statSync(path).size).toBe(LENGTH);
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    },
  );

  test.each([
    [0, 'ERR_OUT_OF_RANGE'],
    [-1, 'ERR_OUT_OF_RANGE'],
    [1.5, 'ERR_OUT_OF_RANGE'],
    [NaN, 'ERR_OUT_OF_RANGE'],
    [2 ** 53, 'ERR_OUT_OF_RANGE'],
  ])('to %p is %s', (length, code) => {
    using mapping = map(scratch.file(LENGTH), { backend });
    expectMisuse(
      thrown(() => mapping.resize(length)),
      code,
      'length',
    );
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });
});
