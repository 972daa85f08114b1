import { describe, expect, test } from '@jest/globals';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants, map } from '../../lib/index.js';
import { describeBackends } from '../support/backends.js';
import { expectMisuse, expectSystemError, rejected, thrown } from '../support/errors.js';
import { onDax } from '../support/expected-granularity.js';
import { Scratch } from '../support/scratch.js';
import { linux } from '../support/skip.js';
import { misplaced } from '../support/watermark.js';

const { PAGE_SIZE } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const MIB = 2 ** 20;
const scratch = new Scratch();

/** Advice that every kernel takes for a shared file mapping, and that changes no byte. */
const harmless = [
  'normal',
  'random',
  'sequential',
  'willneed',
  'dontneed',
  'dontfork',
  'dofork',
  'dontdump',
  'dodump',
] as const;

function lockedBytes(): number {
  const line = /^VmLck:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  return Number(line ?? NaN) * 1024;
}

describeBackends('paging', (backend, capabilities) => {
  describe('advise', () => {
    test.each(harmless)("'%s' changes no byte", (advice) => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
      mapping.advise(advice);
      mapping.advise(advice, 0, PAGE_SIZE);
      mapping.advise(advice, 0, 0);
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    });

    test('a range need not be aligned, unless the advice throws something away', () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      mapping.advise('willneed', 1, 1);
      for (const advice of ['dontneed', 'remove'] as const) {
        expectSystemError(
          thrown(() => mapping.advise(advice, 1, PAGE_SIZE)),
          'EINVAL',
          'madvise',
          path,
        );
        expectSystemError(
          thrown(() => mapping.advise(advice, 0, 1)),
          'EINVAL',
          'madvise',
          path,
        );
      }
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    });

    test("'remove' makes a hole, where it reaches the kernel", () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      if (!capabilities.paging) {
        expectSystemError(
          thrown(() => mapping.advise('remove', PAGE_SIZE, PAGE_SIZE)),
          'EOPNOTSUPP',
          'madvise',
          path,
        );
        return;
      }
      mapping.persist();
      const before = statSync(path).blocks;
      mapping.advise('remove', PAGE_SIZE, PAGE_SIZE);
      expect(before - statSync(path).blocks).toBe(PAGE_SIZE / 512);
      const file = readFileSync(path);
      expect(misplaced(file.subarray(0, PAGE_SIZE), 0)).toBeUndefined();
      expect(file.subarray(PAGE_SIZE, 2 * PAGE_SIZE).equals(Buffer.alloc(PAGE_SIZE))).toBe(true);
      expect(misplaced(file.subarray(2 * PAGE_SIZE), 2 * PAGE_SIZE)).toBeUndefined();
    });

    test.each(['read', 'copy'] as const)("'remove' on access '%s' is EACCES", (access) => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend, access });
      expectSystemError(
        thrown(() => mapping.advise('remove', 0, PAGE_SIZE)),
        'EACCES',
        'madvise',
        path,
      );
      expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    });

    test('an unknown word is ERR_INVALID_ARG_VALUE, a range outside ERR_OUT_OF_RANGE', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expectMisuse(
        thrown(() => mapping.advise('randon' as 'random')),
        'ERR_INVALID_ARG_VALUE',
        'advice',
      );
      expectMisuse(
        thrown(() => mapping.advise('random', -PAGE_SIZE, PAGE_SIZE)),
        'ERR_OUT_OF_RANGE',
        'offset',
      );
      expectMisuse(
        thrown(() => mapping.advise('random', 0, LENGTH + 1)),
        'ERR_OUT_OF_RANGE',
        'length',
      );
    });
  });

  describe('prefetch and populate', () => {
    test('pages are there afterwards', async () => {
      using mapping = map(scratch.sparse(MIB), { backend });
      await mapping.prefetch(PAGE_SIZE + 1, PAGE_SIZE);
      expect(mapping.residency(PAGE_SIZE + 1, PAGE_SIZE)).toEqual({ pages: 2, resident: 2 });
      mapping.populate();
      const { pages, resident } = mapping.residency();
      expect(pages).toBe(MIB / PAGE_SIZE);
      expect(resident).toBe(pages);
    });

    test.each(['read', 'copy'] as const)("on access '%s', write: true changes nothing in the file", async (access) => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend, access });
      await mapping.prefetch(0, LENGTH, { write: true });
      expect(misplaced(mapping.buffer, 0)).toBeUndefined();
      expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    });

    test('aborted before: the reason', async () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      const reason = new Error('no need');
      expect(await rejected(mapping.prefetch(0, LENGTH, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    });

    test('aborted in between: stops with the reason', async () => {
      using mapping = map(scratch.sparse(192 * MIB), { backend });
      const controller = new AbortController();
      const reason = new Error('enough');
      const running = mapping.prefetch(0, 192 * MIB, { signal: controller.signal });
      controller.abort(reason);
      expect(await rejected(running)).toBe(reason);
    });

    test('cut off in between: ERR_OUT_OF_RANGE, no success', async () => {
      using mapping = map(scratch.sparse(64 * MIB + PAGE_SIZE), { backend });
      const { signal } = new AbortController();
      let parts = 0;
      // Asked right before each part.
      const get = (): boolean => {
        if (++parts === 2) mapping.resize(PAGE_SIZE);
        return false;
      };
      Object.defineProperty(signal, 'aborted', { get });
      const error = await rejected(mapping.prefetch(0, 64 * MIB + PAGE_SIZE, { signal }));
      expectMisuse(error, 'ERR_OUT_OF_RANGE', 'offset');
      expect([parts, mapping.length]).toEqual([2, PAGE_SIZE]);
    });

    test('nothing to prefetch is nothing done', async () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      await mapping.prefetch(LENGTH, 0);
      mapping.populate(0, 0);
    });
  });

  describe('residency', () => {
    test('counts the pages that a range touches', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expect(mapping.residency().pages).toBe(4);
      expect(mapping.residency(0, 1).pages).toBe(1);
      expect(mapping.residency(PAGE_SIZE - 1, 2).pages).toBe(2);
      expect(mapping.residency(0, 0)).toEqual({ pages: 0, resident: 0 });
    });

    test('a hole without an access is not resident, if the kernel is asked', () => {
      using mapping = map(scratch.sparse(16 * MIB), { backend });
      expect(mapping.residency().resident).toBe(capabilities.paging ? 0 : mapping.residency().pages);
    });
  });

  linux.test('badBlocks: memory without a device has no list, and that is no empty one', () => {
    const path = `/dev/shm/mapdirect-bad-blocks-${process.pid}-${backend}`;
    writeFileSync(path, 'x');
    try {
      for (const access of ['read', 'write', 'copy'] as const) {
        using mapping = map(path, { backend, access });
        expectSystemError(
          thrown(() => mapping.badBlocks()),
          'EOPNOTSUPP',
          'badBlocks',
          path,
        );
      }
    } finally {
      rmSync(path);
    }
  });

  test('lock and unlock reach the kernel where the capabilities say so', () => {
    using mapping = map(scratch.file(LENGTH), { backend });
    const before = lockedBytes();
    mapping.lock(1, PAGE_SIZE);
    // Memory that is mapped by DAX is not counted: it cannot be paged out anyway (mm/mlock.c).
    expect(lockedBytes() - before).toBe(capabilities.paging && !onDax ? 2 * PAGE_SIZE : 0);
    mapping.unlock(1, PAGE_SIZE);
    expect(lockedBytes()).toBe(before);
    mapping.lock(0, 0);
    expectMisuse(
      thrown(() => mapping.lock(0, LENGTH + 1)),
      'ERR_OUT_OF_RANGE',
      'length',
    );
  });
});
