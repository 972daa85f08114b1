import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { granularities, missingFor } from '../../lib/core/granularity.js';
import { constants, map } from '../../lib/index.js';
import { capable, describeBackends } from '../support/backends.js';
import { expectMisuse, expectSystemError, rejected, thrown } from '../support/errors.js';
import { expectedGranularity, forced, onDax } from '../support/expected-granularity.js';
import { Scratch } from '../support/scratch.js';
import { misplaced } from '../support/watermark.js';

const { PAGE_SIZE } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const QUEUED = 6;
const scratch = new Scratch();

/** Ends of promises in the order in which they were made: 'resolved', or the code or message of the rejection. */
async function ends(promises: readonly Promise<void>[]): Promise<string[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((end) =>
    end.status === 'fulfilled' ? 'resolved' : ((end.reason as { code?: string }).code ?? String(end.reason)),
  );
}

describeBackends('durability', (backend, capabilities) => {
  const granularity = expectedGranularity(backend);

  test('is decided once, frozen, and says why it is not better', () => {
    using mapping = map(scratch.file(LENGTH), { backend });
    const { durability } = mapping;
    expect(mapping.durability).toBe(durability);
    expect(Object.isFrozen(durability)).toBe(true);
    expect(Object.isFrozen(durability.reasons)).toBe(true);
    expect(Object.keys(durability).sort()).toEqual([
      'backend',
      'domain',
      'forced',
      'granularity',
      'mapSync',
      'method',
      'reasons',
    ]);
    expect(durability.backend).toBe(backend);
    expect(durability.granularity).toBe(granularity);
    expect(durability.mapSync).toBe(onDax && backend === 'native');
    expect(durability.reasons.length > 0).toBe(forced !== undefined || granularity !== 'byte');
    for (const reason of durability.reasons) expect(reason).toMatch(/^.{20,}[.)]$/s);
    expect((mapping.flags & constants.MAP_SYNC) !== 0).toBe(durability.mapSync);
  });

  test('says how: by the granularity on the native backend, in one way on the emulation', () => {
    using mapping = map(scratch.file(LENGTH), { backend });
    const native = { byte: /^fence$/, 'cache-line': /^(clwb|clflushopt|clflush|dc cvap|dc cvac)$/, page: /^msync$/ };
    expect(mapping.durability.method).toMatch(backend === 'native' ? native[granularity] : /^pwrite\+fdatasync$/);
  });

  test('is real or forced, and forced is said first', () => {
    using mapping = map(scratch.file(LENGTH), { backend });
    const [first] = mapping.durability.reasons;
    expect(mapping.durability.forced).toBe(forced !== undefined);
    expect(first?.startsWith(`MAPDIRECT_FORCE_GRANULARITY=${forced} `) ?? false).toBe(forced !== undefined);
  });

  test('of a granularity that is asked for is given, or refused with the one of the file', () => {
    for (const asked of granularities) {
      const path = scratch.file(LENGTH);
      const missing = missingFor(asked, granularity);
      if (missing === undefined) {
        using mapping = map(path, { backend, granularity: asked });
        expect(mapping.durability.granularity).toBe(granularity);
      } else {
        const error = thrown(() => map(path, { backend, granularity: asked }));
        expectSystemError(error, 'EOPNOTSUPP', 'mmap', path);
        expect(error.message).toContain(`'${granularity}' is what there is: ${missing}`);
      }
    }
  });

  test.each(['read', 'copy'] as const)("of access '%s' there is none, and it says so, forced or not", (access) => {
    using mapping = map(scratch.file(LENGTH), { backend, access });
    expect(mapping.durability.forced).toBe(false);
    expect(mapping.durability.granularity).toBe('page');
    expect(mapping.durability.method).toBe('none');
    expect(mapping.durability.domain).toBe('volatile');
    expect(mapping.durability.reasons.join(' ')).toContain('never reach the file');
  });

  describe.each(['persist', 'flush'] as const)('%s()', (method) => {
    test.each([
      [0, 1],
      [1, 1],
      [PAGE_SIZE - 1, 2],
      [PAGE_SIZE, PAGE_SIZE],
      [PAGE_SIZE + 1, PAGE_SIZE],
      [LENGTH - 1, 1],
      [0, LENGTH],
    ])('of %d, %d: those bytes are in the file', (offset, length) => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      mapping.view(offset, length).fill(0);
      mapping[method](offset, length);
      mapping.drain();
      const file = readFileSync(path);
      expect(file.subarray(offset, offset + length).equals(Buffer.alloc(length))).toBe(true);
      expect(misplaced(file.subarray(0, offset), 0)).toBeUndefined();
      expect(misplaced(file.subarray(offset + length), offset + length)).toBeUndefined();
    });

    test('of nothing does nothing, at both ends', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      mapping[method](0, 0);
      mapping[method](LENGTH, 0);
      mapping[method](LENGTH);
    });

    test.each([
      [0, LENGTH + 1, 'length'],
      [LENGTH, 1, 'length'],
      [LENGTH + 1, 0, 'offset'],
      [Number.MAX_SAFE_INTEGER, 1, 'offset'],
      [1, Number.MAX_SAFE_INTEGER, 'length'],
    ])('of %d, %d is an error, not a success', (offset, length, argument) => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expectMisuse(
        thrown(() => mapping[method](offset, length)),
        'ERR_OUT_OF_RANGE',
        argument,
      );
    });
  });

  describe('persistAsync()', () => {
    test('resolves when the bytes are in the file', async () => {
      const path = scratch.file(LENGTH);
      using mapping = map(path, { backend });
      mapping.view(PAGE_SIZE - 1, 3).fill(0);
      await mapping.persistAsync(PAGE_SIZE - 1, 3);
      expect(
        readFileSync(path)
          .subarray(PAGE_SIZE - 1, PAGE_SIZE + 2)
          .equals(Buffer.alloc(3)),
      ).toBe(true);
      await mapping.persistAsync();
      await mapping.persistAsync(LENGTH, 0);
    });

    test('rejects for a range outside', async () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      expectMisuse(await rejected(mapping.persistAsync(0, LENGTH + 1)), 'ERR_OUT_OF_RANGE', 'length');
    });

    test('aborted before the call: the reason', async () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      const reason = new Error('no need');
      expect(await rejected(mapping.persistAsync(0, 1, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    });

    test('aborted while it waits: the reason; the others are not touched', async () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      mapping.buffer.fill(0);
      const controller = new AbortController();
      const before = [mapping.persistAsync(), mapping.persistAsync()];
      const waiting = mapping.persistAsync(0, LENGTH, { signal: controller.signal });
      const after = mapping.persistAsync();
      controller.abort(new Error('no need'));
      expect(await ends([...before, waiting, after])).toEqual(['resolved', 'resolved', 'Error: no need', 'resolved']);
    });

    test('close() lets those that run end and rejects those that wait', async () => {
      const path = scratch.file(LENGTH);
      const mapping = map(path, { backend });
      mapping.buffer.fill(0);
      const flushes = Array.from({ length: QUEUED }, () => mapping.persistAsync());
      mapping.close();
      expect(mapping.closed).toBe(true);
      const [first, ...rest] = await ends(flushes);
      expect(first).toBe('resolved');
      expect(rest).toContain('ERR_MAPPING_CLOSED');
      // No waiting one overtakes: once one was rejected all after it were.
      expect(rest.slice(rest.indexOf('ERR_MAPPING_CLOSED')).every((end) => end === 'ERR_MAPPING_CLOSED')).toBe(true);
      expect(readFileSync(path).equals(Buffer.alloc(LENGTH))).toBe(true);
    });

    test('closing one mapping leaves the flushes of another alone', async () => {
      const path = scratch.file(LENGTH);
      using kept = map(path, { backend });
      const closed = map(scratch.file(LENGTH), { backend });
      kept.buffer.fill(0);
      const busy = [closed.persistAsync(), closed.persistAsync(), closed.persistAsync()];
      const mine = kept.persistAsync();
      closed.close();
      expect(await ends([...busy, mine])).toEqual(['resolved', 'ERR_MAPPING_CLOSED', 'ERR_MAPPING_CLOSED', 'resolved']);
      expect(readFileSync(path).equals(Buffer.alloc(LENGTH))).toBe(true);
    });
  });

  describe('two mappings of one file', () => {
    capable(capabilities.coherent, 'coherent memory').test('see each other at once', () => {
      const path = scratch.file(LENGTH);
      using one = map(path, { backend });
      using other = map(path, { backend });
      using reader = map(path, { backend, access: 'read' });
      one.buffer[PAGE_SIZE] = 0;
      expect(other.buffer[PAGE_SIZE]).toBe(0);
      expect(reader.buffer[PAGE_SIZE]).toBe(0);
      other.buffer[PAGE_SIZE] = 1;
      expect(one.buffer[PAGE_SIZE]).toBe(1);
    });

    test('never undo a byte that they did not change themselves', () => {
      const path = scratch.file(LENGTH);
      const one = map(path, { backend });
      const other = map(path, { backend });
      // Both have read the file before the first store, as far as they read at all.
      expect(misplaced(one.buffer, 0)).toBeUndefined();
      expect(misplaced(other.buffer, 0)).toBeUndefined();
      one.buffer[10] = 0;
      one.buffer[PAGE_SIZE] = 0;
      other.buffer[11] = 0;
      other.buffer[2 * PAGE_SIZE] = 0;
      other.persist();
      one.persist();
      other.buffer[12] = 0;
      one.close();
      other.close();
      const file = readFileSync(path);
      const zeroed = [10, 11, 12, PAGE_SIZE, 2 * PAGE_SIZE];
      const right = scratchCopy();
      for (const at of zeroed) right[at] = 0;
      expect(file.equals(right)).toBe(true);
    });

    test('of parts that follow each other are each in their place', () => {
      const path = scratch.file(LENGTH);
      using first = map(path, { backend, length: PAGE_SIZE });
      using second = map(path, { backend, offset: PAGE_SIZE });
      first.fill(1);
      second.fill(2, 0, PAGE_SIZE);
      const file = readFileSync(path);
      expect([file[0], file[PAGE_SIZE - 1], file[PAGE_SIZE], file[2 * PAGE_SIZE - 1]]).toEqual([1, 1, 2, 2]);
      expect(misplaced(file.subarray(2 * PAGE_SIZE), 2 * PAGE_SIZE)).toBeUndefined();
    });
  });
});

function scratchCopy(): Buffer {
  return readFileSync(scratch.file(LENGTH));
}
