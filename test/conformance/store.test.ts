import { describe, expect, test } from '@jest/globals';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { anonymous, constants, map, mmap, type Mapping } from '../../lib/index.js';
import { describeBackends } from '../support/backends.js';
import { expectMisuse, expectSystemError, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { misplaced, watermark } from '../support/watermark.js';

const { PAGE_SIZE, PROT_READ, PROT_WRITE, MAP_SHARED } = constants;
const LENGTH = 4 * PAGE_SIZE + 100;
const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';
const scratch = new Scratch();

type View = new (buffer: ArrayBufferLike, offset: number, length: number) => ArrayBufferView;

const newer = (globalThis as { Float16Array?: View & { BYTES_PER_ELEMENT: number } }).Float16Array; // Node >= 24
/** Every kind of view, and the bytes of one element. */
const kinds: readonly (readonly [name: string, kind: View, unit: number])[] = [
  ...[
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map((kind) => [kind.name, kind as View, kind.BYTES_PER_ELEMENT] as const),
  ...(newer === undefined ? [] : [['Float16Array', newer, newer.BYTES_PER_ELEMENT] as const]),
  ['DataView', DataView, 1],
  ['Buffer', Buffer.from as unknown as View, 1],
];

/** Buffer.from is no constructor. */
function viewOf(kind: View, buffer: ArrayBufferLike, offset: number, length: number): ArrayBufferView {
  return kind === (Buffer.from as unknown as View)
    ? Buffer.from(buffer as ArrayBuffer, offset, length)
    : new kind(buffer, offset, length);
}

/** `bytes` in memory of that kind, with something else around them. */
function filled(Memory: typeof ArrayBuffer | typeof SharedArrayBuffer, bytes: Buffer, before: number): ArrayBufferLike {
  const memory = new Memory(before + bytes.length + 8);
  new Uint8Array(memory).fill(0xee).set(bytes, before);
  return memory;
}

/** The watermark with `bytes` at `offset`. */
function withBytes(offset: number, bytes: Uint8Array): Buffer {
  const right = watermark(0, LENGTH);
  right.set(bytes, offset);
  return right;
}

function expectBoth(mapping: Mapping, path: string, right: Buffer): void {
  expect(mapping.buffer.equals(right)).toBe(true);
  expect(readFileSync(path).equals(right)).toBe(true);
}

const edges = [0, 1, 7, 8, 9, 63, 64, 65, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1];
// Lengths below and above the streaming threshold; also the last bytes of the mapping.
const lengths = [1, 7, 8, 15, 16, 17, 63, 64, 65, 511, 512, 513, 575, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1];

describeBackends('write()', (backend) => {
  describe.each(kinds)('a %s', (_name, kind, unit) => {
    const bytes = watermark(2 ** 40, 80);

    test.each([
      ['an ArrayBuffer', ArrayBuffer],
      ['a SharedArrayBuffer', SharedArrayBuffer],
    ])('over %s is its own bytes and none around them', (_memory, Memory) => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      mapping.write(viewOf(kind, filled(Memory, bytes, 8), 8, 80 / unit), 5);
      expectBoth(mapping, path, withBytes(5, bytes));
    });

    test('of length 0 is nothing', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      mapping.write(viewOf(kind, new ArrayBuffer(8), 8, 0), 0);
      mapping.write(viewOf(kind, new ArrayBuffer(0), 0, 0), LENGTH);
      expectBoth(mapping, path, watermark(0, LENGTH));
    });

    test('over detached memory is a TypeError', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      const memory = new ArrayBuffer(16);
      const source = viewOf(kind, memory, 0, 16 / unit);
      structuredClone(memory, { transfer: [memory] });
      const error = thrown(() => mapping.write(source, 0));
      expectMisuse(error, TYPE, 'source');
      expect(error.message).toContain('detached');
      expectBoth(mapping, path, watermark(0, LENGTH));
    });
  });

  test('of a view of a closed mapping is a TypeError', () => {
    const closed = map(scratch.file(LENGTH), { backend });
    const sources = [closed.buffer, new DataView(closed.arrayBuffer())];
    closed.close();
    using mapping = map(scratch.file(LENGTH), { backend });
    for (const source of sources)
      expectMisuse(
        thrown(() => mapping.write(source, 0)),
        TYPE,
        'source',
      );
  });

  test('of a view of another mapping', () => {
    const path = scratch.sparse(LENGTH);
    using from = map(scratch.file(LENGTH), { backend });
    using to = map(path, { backend });
    to.write(from.view(PAGE_SIZE - 1, 2 * PAGE_SIZE), PAGE_SIZE - 1);
    expect(misplaced(readFileSync(path).subarray(PAGE_SIZE - 1, 3 * PAGE_SIZE - 1), PAGE_SIZE - 1)).toBeUndefined();
  });

  test.each(edges)('at %d, of any length, leaves its neighbours alone', (offset) => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    const right = watermark(0, LENGTH);
    for (const length of lengths) {
      const bytes = watermark(2 ** 33 + length, length);
      mapping.write(bytes, offset);
      right.set(bytes, offset);
      expect({ length, right: mapping.buffer.equals(right) }).toEqual({ length, right: true });
    }
    expectBoth(mapping, path, right);
  });

  test.each(lengths)('of %d bytes up to the last one', (length) => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    const bytes = watermark(2 ** 33, length);
    mapping.write(bytes, LENGTH - length);
    expectBoth(mapping, path, withBytes(LENGTH - length, bytes));
  });

  test.each([
    [LENGTH, 1, 'offset'],
    [LENGTH - 1, 2, 'offset'],
    [0, LENGTH + 1, 'source.byteLength'],
    [LENGTH + 1, 1, 'offset'],
    [-1, 1, 'offset'],
    [2 ** 32, 1, 'offset'],
    [Number.MAX_SAFE_INTEGER, 1, 'offset'],
  ])('at %d, of %d bytes, is outside: nothing is stored', (offset, length, argument) => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    expectMisuse(
      thrown(() => mapping.write(Buffer.alloc(length), offset)),
      RANGE,
      argument,
    );
    expectBoth(mapping, path, watermark(0, LENGTH));
  });

  describe('of a view of the same mapping, as memmove(3) does it', () => {
    type Window = readonly [name: string, take: (mapping: Mapping, offset: number, length: number) => ArrayBufferView];
    const windows: readonly Window[] = [
      ['view()', (mapping, offset, length) => mapping.view(offset, length)],
      [
        'a DataView of arrayBuffer(), another window',
        (mapping, offset, length) => new DataView(mapping.arrayBuffer(), offset, length),
      ],
    ];

    describe.each(windows)('through %s', (_name, take) => {
      test.each([
        ['onto itself', 100, 100],
        ['one byte forwards', 100, 101],
        ['one byte backwards', 100, 99],
        ['a word forwards', 128, 136],
        ['a word backwards', 128, 120],
        ['a line forwards', 128, 192],
        ['a line backwards', 192, 128],
        ['a page forwards', 0, PAGE_SIZE],
        ['a page backwards', PAGE_SIZE, 0],
        ['forwards, not aligned', 3, 70],
        ['backwards, not aligned', 70, 3],
      ])('%s', (_title, from, to) => {
        const path = scratch.file(LENGTH);
        using mapping = map(path, { backend });
        const right = watermark(0, LENGTH);
        for (const length of [...lengths, 2 * PAGE_SIZE, 3 * PAGE_SIZE]) {
          right.copyWithin(to, from, from + length);
          mapping.write(take(mapping, from, length), to);
          expect({ length, right: mapping.buffer.equals(right) }).toEqual({ length, right: true });
        }
        expectBoth(mapping, path, right);
      });

      test('next to each other, without a byte in common', () => {
        const path = scratch.file(LENGTH);
        using mapping = map(path, { backend });
        mapping.write(take(mapping, 0, PAGE_SIZE), PAGE_SIZE);
        expectBoth(mapping, path, withBytes(PAGE_SIZE, watermark(0, PAGE_SIZE)));
        mapping.write(take(mapping, PAGE_SIZE, PAGE_SIZE), 0);
        expectBoth(mapping, path, withBytes(PAGE_SIZE, watermark(0, PAGE_SIZE)));
      });
    });

    test('all of it onto itself', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      mapping.write(mapping.buffer, 0);
      expectBoth(mapping, path, watermark(0, LENGTH));
    });
  });

  describe('drain', () => {
    test.each([[undefined], [{}], [{ drain: undefined }], [{ drain: true }], [{ drain: false }]])(
      '%j: the bytes are there, durable after drain()',
      (options) => {
        const path = scratch.file(LENGTH);
        using mapping = map(path, { backend });
        const bytes = watermark(2 ** 33, 700);
        mapping.write(bytes.subarray(0, 600), 3, options);
        mapping.write(bytes.subarray(600), 603, options);
        mapping.drain();
        expectBoth(mapping, path, withBytes(3, bytes));
      },
    );

    test.each([[0], [1], ['false'], [null], [{}], [() => false]])(
      '%p is ERR_INVALID_ARG_TYPE, and nothing is stored',
      (drain) => {
        const path = scratch.file(LENGTH);
        using mapping = map(path, { backend });
        expectMisuse(
          thrown(() => mapping.write(Buffer.alloc(8), 0, { drain } as never)),
          TYPE,
          'options.drain',
        );
        expectBoth(mapping, path, watermark(0, LENGTH));
      },
    );

    test('without any write before it does nothing', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expect(mapping.drain()).toBeUndefined();
    });
  });
});

describeBackends('fill()', (backend) => {
  test.each(edges)('from %d on, of any length, sets those bytes and no others', (offset) => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    const right = watermark(0, LENGTH);
    let value = 0;
    for (const length of lengths) {
      value = (value + 37) & 0xff;
      mapping.fill(value, offset, length);
      right.fill(value, offset, offset + length);
      expect({ length, right: mapping.buffer.equals(right) }).toEqual({ length, right: true });
    }
    expectBoth(mapping, path, right);
  });

  test.each([0, 1, 0x7f, 0x80, 0xff])('with %d: all of it, without arguments the rest', (value) => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    mapping.fill(value, LENGTH - 1);
    expectBoth(mapping, path, withBytes(LENGTH - 1, Buffer.of(value)));
    mapping.fill(value);
    expectBoth(mapping, path, Buffer.alloc(LENGTH, value));
  });

  test.each([0, 1, PAGE_SIZE, LENGTH])('of nothing, at %d, is nothing', (offset) => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    mapping.fill(9, offset, 0);
    mapping.fill(9, LENGTH);
    expectBoth(mapping, path, watermark(0, LENGTH));
  });

  test.each([
    [-1, RANGE],
    [256, RANGE],
    [2 ** 32, RANGE],
    [0.5, RANGE],
    [NaN, RANGE],
    [Infinity, RANGE],
    ['1', TYPE],
    [1n, TYPE],
    [null, TYPE],
    [undefined, TYPE],
    [Buffer.from('x'), TYPE],
  ])('with %p is refused, also where there is nothing to fill', (value, code) => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    expectMisuse(
      thrown(() => mapping.fill(value as never)),
      code,
      'value',
    );
    expectMisuse(
      thrown(() => mapping.fill(value as never, 0, 0)),
      code,
      'value',
    );
    expectBoth(mapping, path, watermark(0, LENGTH));
  });

  test.each([
    [0, LENGTH + 1, 'length'],
    [LENGTH, 1, 'length'],
    [1, LENGTH, 'length'],
    [LENGTH + 1, 0, 'offset'],
    [0, 2 ** 32, 'length'],
    [1, Number.MAX_SAFE_INTEGER, 'length'],
  ])('%d, %d is outside: nothing is stored', (offset, length, argument) => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend });
    expectMisuse(
      thrown(() => mapping.fill(9, offset, length)),
      RANGE,
      argument,
    );
    expectBoth(mapping, path, watermark(0, LENGTH));
  });
});

describeBackends('write() and fill() where they may not', (backend) => {
  const stores: readonly (readonly [name: 'write' | 'fill', store: (mapping: Mapping) => void])[] = [
    ['write', (mapping) => mapping.write(Buffer.from('x'), 0)],
    ['write', (mapping) => mapping.write(Buffer.alloc(0), 0)],
    ['fill', (mapping) => mapping.fill(0)],
    ['fill', (mapping) => mapping.fill(0, 0, 0)],
  ];

  test("access 'read' is EACCES, of nothing too", () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend, access: 'read' });
    for (const [name, store] of stores)
      expectSystemError(
        thrown(() => store(mapping)),
        'EACCES',
        name,
        path,
      );
    expectBoth(mapping, path, watermark(0, LENGTH));
  });

  test("access 'copy' stores into the copy, never into the file", () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend, access: 'copy' });
    const bytes = watermark(2 ** 33, 700);
    mapping.write(bytes, 3);
    mapping.fill(9, 0, 3);
    expect(mapping.view(0, 703).equals(Buffer.concat([Buffer.alloc(3, 9), bytes]))).toBe(true);
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
  });

  test.each([PROT_READ, PROT_READ | PROT_WRITE])('a shared mapping of mmap() with protection %d', (prot) => {
    const path = scratch.file(LENGTH);
    const fd = openSync(path, 'r+');
    using mapping = mmap(LENGTH, prot, MAP_SHARED, fd);
    closeSync(fd);
    for (const [name, store] of stores) {
      if ((prot & PROT_WRITE) !== 0) store(mapping);
      else
        expectSystemError(
          thrown(() => store(mapping)),
          'EACCES',
          name,
        );
    }
    const stored = (prot & PROT_WRITE) !== 0;
    expect(readFileSync(path).equals(stored ? Buffer.alloc(LENGTH) : watermark(0, LENGTH))).toBe(true);
  });

  test('after close() they are ERR_MAPPING_CLOSED', () => {
    const mapping = map(scratch.file(LENGTH), { backend });
    mapping.close();
    for (const [name, store] of stores) {
      const error = thrown(() => store(mapping));
      expect([error.code, error.message]).toEqual(['ERR_MAPPING_CLOSED', expect.stringContaining(name)]);
    }
  });
});

test('write() and fill() of memory without a name', () => {
  using mapping = anonymous(LENGTH);
  mapping.write(watermark(0, LENGTH), 0);
  mapping.fill(9, PAGE_SIZE, 700);
  const right = watermark(0, LENGTH).fill(9, PAGE_SIZE, PAGE_SIZE + 700);
  expect(mapping.buffer.equals(right)).toBe(true);
});
