// mapdirect/compat/mmap-io: the functions that mmap-io documents, in each form, and without the faults of mmap-io.
import { describe, expect, test } from '@jest/globals';
import { closeSync, openSync, readFileSync } from 'node:fs';
import mmap from '../../lib/compat/mmap-io/index.js';
import { constants, map, Mapping } from '../../lib/index.js';
import { native } from '../support/backends.js';
import { expectMisuse, expectSystemError, thrown } from '../support/errors.js';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { misplaced } from '../support/watermark.js';

const { MADV_DONTNEED, MADV_RANDOM, MADV_WILLNEED, MAP_PRIVATE, MAP_SHARED, PAGESIZE, PROT_READ, PROT_WRITE } = mmap;
const LENGTH = 4 * PAGESIZE + 100;
const GIB = 2 ** 30;
const READ_WRITE = PROT_READ | PROT_WRITE;
const scratch = new Scratch();

interface Request {
  readonly size?: number;
  readonly protection?: number;
  readonly flags?: number;
  readonly offset?: number;
  readonly mode?: 'r' | 'r+' | 'w';
}

/** A Buffer over a file. The descriptor is closed after the call. */
function mapFile(path: string, request: Request = {}): Buffer {
  const { size = LENGTH, protection = READ_WRITE, flags = MAP_SHARED, offset, mode = 'r+' } = request;
  const fd = openSync(path, mode);
  try {
    return mmap.map(size, protection, flags, fd, offset);
  } finally {
    closeSync(fd);
  }
}

describe('map()', () => {
  test.each([
    ['PROT_READ, MAP_SHARED', PROT_READ, MAP_SHARED, 'r'],
    ['PROT_READ, MAP_PRIVATE', PROT_READ, MAP_PRIVATE, 'r'],
    ['PROT_READ, MAP_SHARED, of a descriptor that can write', PROT_READ, MAP_SHARED, 'r+'],
    ['PROT_WRITE, MAP_SHARED', PROT_WRITE, MAP_SHARED, 'r+'],
    ['PROT_READ | PROT_WRITE, MAP_SHARED', READ_WRITE, MAP_SHARED, 'r+'],
    ['PROT_READ | PROT_WRITE, MAP_PRIVATE', READ_WRITE, MAP_PRIVATE, 'r'],
    ['PROT_READ, MAP_SHARED | MAP_POPULATE', PROT_READ, MAP_SHARED | mmap.MAP_POPULATE, 'r'],
    ['PROT_READ, MAP_SHARED | MAP_NONBLOCK', PROT_READ, MAP_SHARED | mmap.MAP_NONBLOCK, 'r'],
  ] as const)('%s', (_title, protection, flags, mode) => {
    const buffer = mapFile(scratch.file(LENGTH), { protection, flags, mode });
    expect([buffer instanceof Buffer, buffer.length, buffer.byteOffset]).toEqual([true, LENGTH, 0]);
    expect(misplaced(buffer, 0)).toBeUndefined();
    mmap.unmap(buffer);
  });

  test('from an offset, with advice, and with the name of @riaskov/mmap-io', () => {
    const fd = openSync(scratch.file(LENGTH), 'r');
    const buffers = [
      mmap.map(PAGESIZE, PROT_READ, MAP_SHARED, fd, PAGESIZE),
      mmap.map(PAGESIZE, PROT_READ, MAP_SHARED, fd, PAGESIZE, MADV_RANDOM),
      mmap.map(PAGESIZE, PROT_READ, MAP_SHARED, fd, PAGESIZE, MADV_RANDOM, Buffer.from('name')),
    ];
    closeSync(fd);
    for (const buffer of buffers) {
      expect(misplaced(buffer, PAGESIZE)).toBeUndefined();
      mmap.unmap(buffer);
    }
  });

  native.test('stores of one Buffer are seen by another one that only reads, and are in the file', () => {
    const path = scratch.file(LENGTH);
    const [writer, reader] = [mapFile(path), mapFile(path, { protection: PROT_READ, mode: 'r' })];
    writer.write('hello', PAGESIZE + 1);
    expect(reader.toString('latin1', PAGESIZE + 1, PAGESIZE + 6)).toBe('hello');
    expect(readFileSync(path).toString('latin1', PAGESIZE + 1, PAGESIZE + 6)).toBe('hello');
    for (const buffer of [writer, reader]) mmap.unmap(buffer);
  });

  native.test('a private one keeps its stores', () => {
    const path = scratch.file(LENGTH);
    const buffer = mapFile(path, { flags: MAP_PRIVATE });
    buffer.fill(0xee);
    mmap.sync(buffer, true);
    mmap.unmap(buffer);
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
  });

  native.test('past the end of the file it has the length that was asked for', () => {
    const buffer = mapFile(scratch.file(LENGTH), { size: LENGTH, offset: 4 * PAGESIZE });
    expect(buffer.length).toBe(LENGTH);
    mmap.unmap(buffer);
  });

  native.test('of 2^31 - 1 bytes, and from an offset of 3 GiB', () => {
    const path = scratch.sparse(4 * GIB);
    const largest = mapFile(path, { size: 2 ** 31 - 1 });
    const far = mapFile(path, { size: PAGESIZE, offset: 3 * GIB });
    far.write('far');
    expect([
      largest.length,
      largest[2 ** 31 - 2],
      map(path)
        .view(3 * GIB, 3)
        .toString(),
    ]).toEqual([2 ** 31 - 1, 0, 'far']);
    for (const buffer of [largest, far]) mmap.unmap(buffer);
  });

  test.each([2 ** 31, 3 * GIB, 4 * GIB + 4096])('of %d bytes is an error that names the remedy', (size) => {
    const error = thrown(() => mapFile(scratch.sparse(PAGESIZE), { size }));
    expectMisuse(error, 'ERR_OUT_OF_RANGE', 'size');
    expect(error.message).toContain('view()');
  });

  test.each([
    ['a size of 0', [0, 1, 1, 3], 'ERR_OUT_OF_RANGE', 'size'],
    ['a size that is text', ['foo', 1, 1, 3], 'ERR_INVALID_ARG_TYPE', 'size'],
    ['a fractional size', [1.5, 1, 1, 3], 'ERR_OUT_OF_RANGE', 'size'],
    ['a negative size', [-1, 1, 1, 3], 'ERR_OUT_OF_RANGE', 'size'],
    ['no protection', [1, undefined, 1, 3], 'ERR_INVALID_ARG_TYPE', 'protection'],
    ['a negative protection', [1, -1, 1, 3], 'ERR_OUT_OF_RANGE', 'protection'],
    ['no flags', [1, 1, undefined, 3], 'ERR_INVALID_ARG_TYPE', 'flags'],
    ['MAP_FIXED', [1, 1, 0x11, 3], 'ERR_INVALID_ARG_VALUE', 'flags'],
    ['no descriptor', [1, 1, 1], 'ERR_INVALID_ARG_TYPE', 'fd'],
    ['a negative offset', [1, 1, 1, 3, -4096], 'ERR_OUT_OF_RANGE', 'offset'],
    ['advice that is text', [1, 1, 1, 3, 0, 'x'], 'ERR_INVALID_ARG_TYPE', 'advise'],
    ['unknown advice', [1, 1, 1, 3, 0, 1000], 'ERR_INVALID_ARG_VALUE', 'advise'],
    ['a name that is text', [1, 1, 1, 3, 0, 0, 'x'], 'ERR_INVALID_ARG_TYPE', 'name'],
  ] as const)('%s is an error that names the argument', (_title, args, code, argument) => {
    const call = mmap.map as (...args: readonly unknown[]) => Buffer;
    expectMisuse(
      thrown(() => call(...args)),
      code,
      argument,
    );
  });

  test.each([
    ['PROT_NONE', { protection: 0 }, 'EACCES', 'map'],
    ['PROT_READ | PROT_EXEC', { protection: PROT_READ | mmap.PROT_EXEC }, 'EOPNOTSUPP', 'map'],
    ['PROT_WRITE of a descriptor that only reads', { mode: 'r' }, 'EACCES', 'mmap'],
    ['PROT_READ of a descriptor that only writes', { protection: PROT_READ, mode: 'w' }, 'EACCES', 'mmap'],
    ['an offset inside a page', { offset: PAGESIZE - 1 }, 'EINVAL', 'mmap'],
    ['flags without a type', { flags: 0 }, 'EINVAL', 'mmap'],
    ['PROT_READ with flags without a type', { flags: 0, protection: PROT_READ }, 'EINVAL', 'mmap'],
    ['an unknown flag', { flags: MAP_SHARED | 0x200 }, 'EOPNOTSUPP', 'mmap'],
  ] as const)('%s is %s', (_title, request, code, syscall) => {
    expectSystemError(
      thrown(() => mapFile(scratch.file(LENGTH), request)),
      code,
      syscall,
    );
  });

  test('a descriptor that is closed is EBADF', () => {
    const fd = openSync(scratch.file(LENGTH), 'r');
    closeSync(fd);
    expectSystemError(
      thrown(() => mmap.map(LENGTH, PROT_READ, MAP_SHARED, fd)),
      'EBADF',
      'fcntl',
    );
  });
});

describe('advise(), incore() and sync()', () => {
  test.each([
    ['advise(buffer, advise)', (buffer: Buffer) => mmap.advise(buffer, MADV_RANDOM)],
    ['advise(buffer, offset, length, advise)', (buffer: Buffer) => mmap.advise(buffer, 0, PAGESIZE, MADV_WILLNEED)],
    ['advise() of an unaligned range', (buffer: Buffer) => mmap.advise(buffer, 5, 10, MADV_WILLNEED)],
    ['advise() of a part', (buffer: Buffer) => mmap.advise(buffer.subarray(7), MADV_RANDOM)],
    ['advise() of all, MADV_DONTNEED', (buffer: Buffer) => mmap.advise(buffer, MADV_DONTNEED)],
    ['sync(buffer)', (buffer: Buffer) => mmap.sync(buffer)],
    ['sync(buffer, blocking)', (buffer: Buffer) => mmap.sync(buffer, true)],
    ['sync(buffer, blocking, invalidate)', (buffer: Buffer) => mmap.sync(buffer, true, true)],
    ['sync(buffer, offset)', (buffer: Buffer) => mmap.sync(buffer, PAGESIZE)],
    ['sync(buffer, offset, length)', (buffer: Buffer) => mmap.sync(buffer, 0, LENGTH)],
    ['sync(buffer, offset, length, blocking)', (buffer: Buffer) => mmap.sync(buffer, 0, LENGTH, true)],
    ['sync() with all arguments', (buffer: Buffer) => mmap.sync(buffer, 0, LENGTH, true, false)],
    ['sync() of an unaligned part', (buffer: Buffer) => mmap.sync(buffer.subarray(5000, 5001), true)],
    ['sync() of an unaligned range', (buffer: Buffer) => mmap.sync(buffer, 5000, 1, true)],
    ['sync() of nothing at the end', (buffer: Buffer) => mmap.sync(buffer, LENGTH, 0, true)],
    ['incore() of an empty part', (buffer: Buffer) => expect(mmap.incore(buffer.subarray(0, 0))).toEqual([0, 0])],
  ])('%s', (_title, call) => {
    const buffer = mapFile(scratch.file(LENGTH));
    expect(() => call(buffer)).not.toThrow();
    expect(misplaced(buffer, 0)).toBeUndefined();
    mmap.unmap(buffer);
  });

  test.each([
    ['all', (buffer: Buffer) => mmap.sync(buffer, true), 0, LENGTH],
    ['a part of it', (buffer: Buffer) => mmap.sync(buffer.subarray(5000, 5010), true), 5000, 10],
    ['a range of a part', (buffer: Buffer) => mmap.sync(buffer.subarray(5000), 5, 10, true), 5005, 10],
    ['from an offset to the end', (buffer: Buffer) => mmap.sync(buffer, 5000, undefined, true), 5000, LENGTH - 5000],
    ['length 0: to the end', (buffer: Buffer) => mmap.sync(buffer, 5000, 0, true), 5000, LENGTH - 5000],
  ] as const)('sync() with blocking persists %s', (_title, call, offset, length) => {
    const buffer = mapFile(scratch.file(LENGTH));
    const { mapping } = Mapping.of(buffer)!;
    const persisted: unknown[] = [];
    const { persist } = mapping;
    mapping.persist = (...args) => {
      persisted.push(args);
      persist.apply(mapping, args);
    };
    call(buffer);
    expect(persisted).toEqual([[offset, length]]);
    mmap.unmap(buffer);
  });

  native.test('sync() without blocking waits for no disk', () => {
    const buffer = mapFile(scratch.file(LENGTH));
    let calls = 0;
    Mapping.of(buffer)!.mapping.persist = () => void calls++;
    mmap.sync(buffer);
    mmap.sync(buffer, false);
    mmap.sync(buffer, 0, LENGTH, false, true);
    expect(calls).toBe(0);
    mmap.sync(buffer, true);
    expect(calls).toBe(1);
    mmap.unmap(buffer);
  });

  native.test('incore() counts the pages that are not in memory, and those that are', () => {
    const buffer = mapFile(scratch.file(LENGTH));
    expect(misplaced(buffer, 0)).toBeUndefined(); // each page is touched
    expect(mmap.incore(buffer)).toEqual([0, 5]);
    expect(mmap.incore(buffer.subarray(PAGESIZE - 1, PAGESIZE + 1))).toEqual([0, 2]);
    mmap.unmap(buffer);
  });

  test.each([
    ['sync() far outside', (buffer: Buffer) => mmap.sync(buffer, GIB, 4096, true), 'offset'],
    ['sync() past the end', (buffer: Buffer) => mmap.sync(buffer, 1, LENGTH, true), 'length'],
    ['sync() before the start', (buffer: Buffer) => mmap.sync(buffer, -1, 1, true), 'offset'],
    ['sync() of a part, past its end', (buffer: Buffer) => mmap.sync(buffer.subarray(0, 9), 0, 10), 'length'],
    ['advise() before the start', (buffer: Buffer) => mmap.advise(buffer, -4096, 4096, 0), 'offset'],
    ['advise() past the end', (buffer: Buffer) => mmap.advise(buffer, 0, LENGTH + 1, 0), 'length'],
  ])('%s is ERR_OUT_OF_RANGE', (_title, call, argument) => {
    const buffer = mapFile(scratch.file(LENGTH));
    expectMisuse(
      thrown(() => call(buffer)),
      'ERR_OUT_OF_RANGE',
      argument,
    );
    mmap.unmap(buffer);
  });

  test.each([
    ['advise() without advice', [1, 2], 'advise'],
    ['advise() with text', ['x'], 'advise'],
  ])('%s is ERR_INVALID_ARG_TYPE', (_title, args, argument) => {
    const buffer = mapFile(scratch.file(LENGTH));
    const call = mmap.advise as (buffer: Buffer, ...args: unknown[]) => void;
    expectMisuse(
      thrown(() => call(buffer, ...args)),
      'ERR_INVALID_ARG_TYPE',
      argument,
    );
    mmap.unmap(buffer);
  });

  test.each([
    ['blocking', [0, 1, 1], 'blocking'],
    ['invalidate', [true, 1], 'invalidate'],
    ['offset', ['0', 1], 'offset'],
    ['length', [0, '1'], 'length'],
  ])('sync() with a wrong %s is ERR_INVALID_ARG_TYPE', (_title, args, argument) => {
    const buffer = mapFile(scratch.file(LENGTH));
    const call = mmap.sync as (buffer: Buffer, ...args: unknown[]) => void;
    expectMisuse(
      thrown(() => call(buffer, ...args)),
      'ERR_INVALID_ARG_TYPE',
      argument,
    );
    mmap.unmap(buffer);
  });
});

const functions: readonly (readonly [string, (buffer: Buffer) => unknown])[] = [
  ['advise', (buffer) => mmap.advise(buffer, MADV_RANDOM)],
  ['incore', (buffer) => mmap.incore(buffer)],
  ['sync', (buffer) => mmap.sync(buffer)],
];

describe.each([...functions, ['unmap', (buffer: Buffer) => mmap.unmap(buffer)] as const])('%s()', (name, call) => {
  test('of memory that is not mapped is ERR_INVALID_ARG_VALUE', () => {
    expectMisuse(
      thrown(() => call(Buffer.alloc(PAGESIZE))),
      'ERR_INVALID_ARG_VALUE',
      'buffer',
    );
  });

  test.each([[undefined], [null], [5], [{ length: 5 }], [new ArrayBuffer(8)]])(
    'of %p is ERR_INVALID_ARG_TYPE',
    (value) => {
      expectMisuse(
        thrown(() => call(value as unknown as Buffer)),
        'ERR_INVALID_ARG_TYPE',
        'buffer',
      );
    },
  );

  test('takes a view of any other mapping', () => {
    using mapping = map(scratch.file(LENGTH));
    expect(() => call(mapping.view(PAGESIZE, 100))).not.toThrow();
    expect(mapping.closed).toBe(name === 'unmap');
  });
});

describe('unmap()', () => {
  test('of a part takes the memory from all of it, and a second call does nothing', () => {
    const buffer = mapFile(scratch.file(LENGTH));
    const part = buffer.subarray(10, 20);
    mmap.unmap(part);
    expect([buffer.length, part.length]).toEqual([0, 0]);
    expect(() => mmap.unmap(buffer)).not.toThrow();
  });

  test.each(functions)('%s() after it is ERR_MAPPING_CLOSED', (name, call) => {
    const buffer = mapFile(scratch.file(LENGTH));
    mmap.unmap(buffer);
    const error = thrown(() => call(buffer));
    expect([error.code, error.message]).toEqual(['ERR_MAPPING_CLOSED', `${name}: the Buffer was unmapped`]);
  });

  test('is EBUSY while the mapping is pinned', () => {
    const buffer = mapFile(scratch.file(LENGTH));
    const pin = Mapping.of(buffer)!.mapping.pin();
    expect(thrown(() => mmap.unmap(buffer)).code).toBe('EBUSY');
    pin.release();
    mmap.unmap(buffer);
    expect(buffer.length).toBe(0);
  });
});

test('the constants are those of mapdirect', () => {
  const { PAGESIZE: pageSize, ...numbers } = Object.fromEntries(
    Object.entries(mmap).filter(([, value]) => typeof value === 'number'),
  );
  expect(pageSize).toBe(constants.PAGE_SIZE);
  expect(constants).toMatchObject(numbers);
  expect(Object.keys(numbers).length).toBe(13);
});

native.test.each([
  ['one that is dropped is unmapped, and is no leak', 'dropped'],
  ['a store into one that is only read stays in the process', 'stored'],
  ['an access past the end of a truncated file is healed, and the next sync() tells', 'truncated'],
])('%s', async (_title, how) => {
  const nodeArgs = ['--expose-gc'];
  const env = { MAPDIRECT_TRACE_LEAKS: '1' };
  expectDone(await runChild('mmap-io', [scratch.file(65536), how], { nodeArgs, env }));
});
