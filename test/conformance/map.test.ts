import { describe, expect, test } from '@jest/globals';
import { appendFileSync, chmodSync, closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { constants, map, mapAsync, stats, type Mapping } from '../../lib/index.js';
import { granularities, missingFor } from '../../lib/core/granularity.js';
import { capable, describeBackends } from '../support/backends.js';
import { expectSystemError, rejected, thrown } from '../support/errors.js';
import { expectedGranularity, onDax } from '../support/expected-granularity.js';
import { Scratch } from '../support/scratch.js';
import { misplaced, watermark } from '../support/watermark.js';
import { skipUnless } from '../support/skip.js';

const { PAGE_SIZE } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const scratch = new Scratch();

describeBackends('map', (backend, capabilities) => {
  describe('the target', () => {
    test('a path: the whole file by default', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      expect(mapping.length).toBe(LENGTH);
      expect(mapping.offset).toBe(0);
      expect(mapping.path).toBe(path);
      expect(mapping.access).toBe('write');
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    });

    test('a file: URL, spaces and all', () => {
      using mapping = map(pathToFileURL(scratch.file(LENGTH, 'with a space %20')), { backend });
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    });

    test('a descriptor, closed right afterwards', () => {
      const path = scratch.file(LENGTH);
      const fd = openSync(path, 'r+');
      using mapping = map(fd, { backend });
      closeSync(fd);
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
      mapping.buffer[7] = 0;
      mapping.persist();
      expect(readFileSync(path)[7]).toBe(0);
      expect(mapping.path).toBeUndefined();
    });

    test('a read-only descriptor serves read and copy, and not write', () => {
      const fd = openSync(scratch.file(LENGTH), 'r');
      try {
        for (const access of ['read', 'copy'] as const) {
          using mapping = map(fd, { backend, access });
          expect(misplaced(mapping.buffer, 0)).toBeUndefined();
        }
        expectSystemError(
          thrown(() => map(fd, { backend })),
          'EACCES',
          'mmap',
        );
      } finally {
        closeSync(fd);
      }
    });

    test('a FileHandle, closed right afterwards', async () => {
      const path = scratch.file(LENGTH);
      const handle = await open(path, 'r+');
      using mapping = map(handle, { backend });
      await handle.close();
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
      mapping.write(Buffer.from('x'), 9);
      expect(readFileSync(path)[9]).toBe(0x78);
    });

    test.each(['path', 'descriptor'])('the same file mapped twice by %s: the lives are apart', (how) => {
      const path = scratch.file(LENGTH);
      const fd = openSync(path, 'r+');
      const first = map(how === 'path' ? path : fd, { backend });
      using second = map(how === 'path' ? path : fd, { backend });
      closeSync(fd);
      first.close();
      expect(misplaced(second.buffer, 0)).toBeUndefined();
      second.buffer[0] = 0;
      second.persist();
      expect(readFileSync(path)[0]).toBe(0);
    });
  });

  describe('the range', () => {
    test('offset alone reaches to the end of the file', () => {
      using mapping = map(scratch.file(LENGTH), { backend, offset: PAGE_SIZE });
      expect(mapping.offset).toBe(PAGE_SIZE);
      expect(mapping.length).toBe(LENGTH - PAGE_SIZE);
      expect(misplaced(mapping.buffer, PAGE_SIZE)).toBeUndefined();
    });

    test.each([1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1])(
      'offset and a length of %d: stores land there and nowhere else',
      (length) => {
        const path = scratch.file(LENGTH);
        const before = readFileSync(path);
        const mapping = map(path, { backend, offset: PAGE_SIZE, length });
        expect(mapping.length).toBe(length);
        expect(misplaced(mapping.buffer, PAGE_SIZE)).toBeUndefined();
        mapping.buffer.fill(0);
        mapping.persist();
        mapping.close();
        before.fill(0, PAGE_SIZE, PAGE_SIZE + length);
        expect(readFileSync(path).equals(before)).toBe(true);
      },
    );
  });

  describe('the access', () => {
    test('write: a store is in the file after persist', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      mapping.buffer.write('stored', PAGE_SIZE - 3);
      const seen = readFileSync(path).toString('latin1', PAGE_SIZE - 3, PAGE_SIZE + 3);
      expect(seen === 'stored').toBe(capabilities.coherent);
      mapping.persist();
      expect(readFileSync(path).toString('latin1', PAGE_SIZE - 3, PAGE_SIZE + 3)).toBe('stored');
    });

    test('copy: a store is seen here and never reaches the file', () => {
      const path = scratch.file(LENGTH);
      const mapping = map(path, { backend, access: 'copy' });
      mapping.buffer.write('mine');
      mapping.write(Buffer.from('too'), PAGE_SIZE);
      mapping.fill(0, 2 * PAGE_SIZE, 10);
      expect(mapping.buffer.toString('latin1', 0, 4)).toBe('mine');
      expect(mapping.view(PAGE_SIZE, 3).toString()).toBe('too');
      mapping.persist();
      mapping.flush();
      mapping.drain();
      mapping.close();
      expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    });

    test('read: a file of mode 0o444 will do, and a stray store stays here', () => {
      const path = scratch.file(LENGTH);
      chmodSync(path, 0o444);
      const mapping = map(path, { backend, access: 'read' });
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
      mapping.buffer.fill(0);
      mapping.persist();
      mapping.close();
      expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    });

    test('read: write() and fill() are EACCES', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend, access: 'read' });
      expectSystemError(
        thrown(() => mapping.write(Buffer.from('x'), 0)),
        'EACCES',
        'write',
        path,
      );
      expectSystemError(
        thrown(() => mapping.fill(0)),
        'EACCES',
        'fill',
        path,
      );
    });
  });

  describe('create and size', () => {
    test('makes the file: length, mode 0o600, zeros', () => {
      const path = scratch.path();
      using mapping = map(path, { backend, create: true, size: LENGTH });
      const { size, mode, blocks } = statSync(path);
      expect(size).toBe(LENGTH);
      expect(mode & 0o7777).toBe(0o600);
      expect(blocks * 512 >= LENGTH).toBe(capabilities.allocate);
      expect(mapping.buffer.equals(Buffer.alloc(LENGTH))).toBe(true);
    });

    test('takes the mode of the options', () => {
      const path = scratch.path();
      map(path, { backend, create: true, size: 1, mode: 0o640 }).close();
      expect(statSync(path).mode & 0o7777).toBe(0o640);
    });

    test('makes an existing file longer, and keeps its bytes', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend, create: true, size: 2 * LENGTH });
      expect(mapping.length).toBe(2 * LENGTH);
      expect(misplaced(readFileSync(path).subarray(0, LENGTH), 0)).toBeUndefined();
      expect(misplaced(mapping.view(0, LENGTH), 0)).toBeUndefined();
      expect(mapping.view(LENGTH, LENGTH).equals(Buffer.alloc(LENGTH))).toBe(true);
    });

    test('never makes a file shorter', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend, size: 1 });
      expect(mapping.length).toBe(LENGTH);
      expect(statSync(path).size).toBe(LENGTH);
    });

    test('size fills the holes of an existing file, where blocks can be allocated', () => {
      const path = scratch.sparse(64 * PAGE_SIZE);
      expect(statSync(path).blocks).toBe(0);
      map(path, { backend, size: 64 * PAGE_SIZE }).close();
      expect(statSync(path).blocks * 512 >= 64 * PAGE_SIZE).toBe(capabilities.allocate);
    });

    test.each([
      ['all of a longer file', {}, 64],
      ['up to the end of the mapping', { offset: 8 * PAGE_SIZE, length: 8 * PAGE_SIZE }, 16],
      ['up to itself', { length: 1 }, 2],
    ] as const)('size smaller than the file fills %s', async (_what, range, pages) => {
      for (const make of [map, mapAsync]) {
        const path = scratch.sparse(64 * PAGE_SIZE);
        (await make(path, { backend, size: 2 * PAGE_SIZE, ...range })).close();
        expect(statSync(path).size).toBe(64 * PAGE_SIZE);
        const filled = statSync(path).blocks * 512;
        expect(filled >= pages * PAGE_SIZE).toBe(capabilities.allocate);
        expect(filled).toBeLessThan((pages + 4) * PAGE_SIZE);
      }
    });

    test('size serves an empty file', () => {
      const path = scratch.file(0);
      using mapping = map(path, { backend, size: 10 });
      expect(mapping.length).toBe(10);
    });

    test('an offset into the new part', () => {
      const path = scratch.path();
      const mapping = map(path, { backend, create: true, size: 2 * PAGE_SIZE, offset: PAGE_SIZE });
      mapping.write(watermark(PAGE_SIZE, PAGE_SIZE), 0);
      mapping.close();
      expect(misplaced(readFileSync(path).subarray(PAGE_SIZE), PAGE_SIZE)).toBeUndefined();
    });
  });

  // test/vm/guest/check-place.ts checks the refusals on DAX.
  skipUnless(
    !(onDax && backend === 'native'),
    'this file system is on DAX',
    'run without MAPDIRECT_TEST_GRANULARITY',
  ).describe('options that need DAX', () => {
    test("sync: 'require' without DAX is EOPNOTSUPP, and a file made for it is gone again", () => {
      const path = scratch.path();
      expectSystemError(
        thrown(() => map(path, { backend, create: true, size: 1, sync: 'require' })),
        'EOPNOTSUPP',
        'mmap',
        path,
      );
      expect(existsSync(path)).toBe(false);
    });

    const finer = granularities.filter(
      (granularity) => missingFor(granularity, expectedGranularity(backend)) !== undefined,
    );
    test('a granularity that is finer than the one of the file is EOPNOTSUPP, with the reason', () => {
      for (const granularity of finer) {
        const path = scratch.file(LENGTH);
        const before = stats().mappings;
        const error = thrown(() => map(path, { backend, granularity }));
        expectSystemError(error, 'EOPNOTSUPP', 'mmap', path);
        expect(error.message).toContain(`'${expectedGranularity(backend)}' is what there is`);
        expect(stats().mappings).toBe(before);
      }
    });
  });

  describe('a length that the backend cannot map', () => {
    capable(capabilities.maxLength !== Number.MAX_SAFE_INTEGER, 'limit of length').test(
      'more than maxLength is ENOMEM with the remedy',
      () => {
        const path = scratch.sparse(capabilities.maxLength + 1);
        const error = thrown(() => map(path, { backend }));
        expectSystemError(error, 'ENOMEM', 'mmap', path);
        expect(error.message).toMatch(/1 GiB.*native/);
        const short = scratch.file(LENGTH);
        expectSystemError(
          thrown(() => map(short, { backend, size: capabilities.maxLength + 1 })),
          'ENOMEM',
          'mmap',
          short,
        );
        expect(statSync(short).size).toBe(LENGTH);
      },
    );
  });

  describe('further options', () => {
    test('populate, lock and advice leave the bytes as they are', () => {
      using mapping = map(scratch.file(LENGTH), { backend, populate: true, lock: true, advice: 'sequential' });
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
      const { pages, resident } = mapping.residency();
      expect(resident).toBe(pages);
    });

    test('address is real only where the capabilities say so', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expect(mapping.address !== 0n).toBe(capabilities.address);
      expect(mapping.address % BigInt(PAGE_SIZE)).toBe(0n);
    });
  });

  describe('mapAsync', () => {
    test('makes, allocates and populates, and tells how far it is', async () => {
      const path = scratch.path();
      const told: string[] = [];
      using mapping = await mapAsync(path, {
        backend,
        create: true,
        size: LENGTH,
        populate: true,
        onProgress: ({ phase, done, total }) => told.push(`${phase} ${done}/${total}`),
      });
      expect(told).toEqual([`allocate ${LENGTH}/${LENGTH}`, `populate ${LENGTH}/${LENGTH}`]);
      mapping.write(watermark(0, LENGTH), 0);
      expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    });

    test('aborted before: rejects with the reason, nothing is made', async () => {
      const path = scratch.path();
      const reason = new Error('changed my mind');
      const refused = await rejected(
        mapAsync(path, { backend, create: true, size: 1, signal: AbortSignal.abort(reason) }),
      );
      expect(refused).toBe(reason);
      expect(existsSync(path)).toBe(false);
    });

    test('aborted in between: the file made here is removed, nothing stays mapped', async () => {
      const path = scratch.path();
      const controller = new AbortController();
      const before = stats().mappings;
      const reason = new Error('enough');
      const refused = await rejected(
        mapAsync(path, {
          backend,
          create: true,
          size: LENGTH,
          populate: true,
          signal: controller.signal,
          onProgress: () => controller.abort(reason),
        }),
      );
      expect(refused).toBe(reason);
      expect(existsSync(path)).toBe(false);
      expect(stats().mappings).toBe(before);
    });

    describe.each([
      ['still uses it', 'write', false],
      ['has used it', 'write', true],
      ['reads it', 'read', false],
    ] as const)('aborted when another mapping %s', (_how, access, closes) => {
      test('the file stays, with the bytes of the other mapping', async () => {
        const path = scratch.path();
        const controller = new AbortController();
        let other: Mapping | undefined;
        const onProgress = (): void => {
          if (other !== undefined) return;
          other = map(path, { backend, access });
          if (access === 'write') other.write(watermark(0, 100), 0);
          if (closes) other.close();
          controller.abort();
        };
        await rejected(
          mapAsync(path, {
            backend,
            create: true,
            size: LENGTH,
            populate: true,
            signal: controller.signal,
            onProgress,
          }),
        );
        expect(statSync(path).size).toBe(LENGTH);
        if (access === 'write') expect(misplaced(readFileSync(path).subarray(0, 100), 0)).toBeUndefined();
        other?.close();
      });
    });

    test('aborted after another process has made the file longer: it stays', async () => {
      const path = scratch.path();
      const controller = new AbortController();
      const onProgress = (): void => {
        appendFileSync(path, 'more');
        controller.abort();
      };
      await rejected(
        mapAsync(path, { backend, create: true, size: LENGTH, populate: true, signal: controller.signal, onProgress }),
      );
      expect(readFileSync(path).toString('latin1', LENGTH)).toBe('more');
    });

    test('wrong arguments are a rejection', async () => {
      expect((await rejected(mapAsync(scratch.path(), { backend, offset: -1 }))).code).toBe('ERR_OUT_OF_RANGE');
    });
  });
});
