import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { constants, map, stats, type Mapping, type Pin } from '../../lib/index.js';
import { describeBackends } from '../support/backends.js';
import { expectSystemError, rejected, thrown } from '../support/errors.js';
import { expectedGranularity } from '../support/expected-granularity.js';
import { memoryUses, resultOf } from '../support/mapping-uses.js';
import { Scratch } from '../support/scratch.js';
import { misplaced } from '../support/watermark.js';

const { PAGE_SIZE } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const scratch = new Scratch();

describeBackends('close', (backend) => {
  test('makes every view length 0, of every kind', () => {
    const mapping = map(scratch.file(LENGTH), { backend });
    const { buffer } = mapping;
    const view = mapping.view(PAGE_SIZE + 1, 5);
    const raw = mapping.arrayBuffer();
    const part = view.subarray(1, 3);
    const words = new Uint16Array(raw);
    mapping.close();
    expect([buffer.length, view.length, part.length, raw.byteLength, words.length]).toEqual([0, 0, 0, 0, 0]);
    expect(buffer[0]).toBeUndefined();
    buffer[0] = 1;
    expect(buffer[0]).toBeUndefined();
  });

  test('stored bytes reach the file without persist', () => {
    const path = scratch.file(LENGTH);
    const mapping = map(path, { backend });
    mapping.buffer.fill(0);
    mapping.close();
    expect(readFileSync(path).equals(Buffer.alloc(LENGTH))).toBe(true);
  });

  test('leaves closed: true, length: 0, and the other properties', () => {
    const path = scratch.file(LENGTH);
    const mapping = map(path, { backend });
    expect(mapping.closed).toBe(false);
    mapping.close();
    expect(mapping.closed).toBe(true);
    expect(mapping.length).toBe(0);
    expect(mapping.path).toBe(path);
    expect(mapping.access).toBe('write');
    expect(mapping.offset).toBe(0);
    expect(mapping.durability.backend).toBe(backend);
    expect(typeof mapping.flags).toBe('number');
  });

  test.each(memoryUses)('afterwards %s is ERR_MAPPING_CLOSED', async (_title, name, use) => {
    const mapping = map(scratch.file(LENGTH), { backend });
    mapping.close();
    const error = await rejected(resultOf(use, mapping));
    expect(error.code).toBe('ERR_MAPPING_CLOSED');
    // deepPersist() names persist, and sealAsync() names seal.
    expect(name.toLowerCase()).toContain(error.message.split(':')[0]?.toLowerCase());
  });

  test('twice is once', () => {
    const before = stats();
    const mapping = map(scratch.file(LENGTH), { backend });
    mapping.close();
    mapping.close();
    mapping[Symbol.dispose]();
    expect(stats()).toEqual(before);
  });

  test('using closes at the end of the block', () => {
    let kept: Buffer;
    {
      using mapping = map(scratch.file(LENGTH), { backend });
      kept = mapping.buffer;
      expect(kept.length).toBe(LENGTH);
    }
    expect(kept.length).toBe(0);
  });

  test('while a prefetch runs: it is done or ERR_MAPPING_CLOSED, and nothing of the mapping is left', async () => {
    const before = stats();
    const path = scratch.sparse(2 ** 20);
    const mapping = map(path, { backend });
    const end = mapping.prefetch().then(
      () => 'done',
      (error: NodeJS.ErrnoException) => error.code,
    );
    mapping.close();
    expect(['done', 'ERR_MAPPING_CLOSED']).toContain(await end);
    expect(stats()).toEqual(before);
    if (process.platform === 'linux') expect(readFileSync('/proc/self/maps', 'latin1')).not.toContain(path);
  });

  describe('pin', () => {
    test('holds: close and resize are EBUSY until the last is released', () => {
      const path = scratch.file(LENGTH);
      const mapping = map(path, { backend });
      const { buffer } = mapping;
      const one = mapping.pin();
      const two = mapping.pin();
      expectSystemError(
        thrown(() => mapping.close()),
        'EBUSY',
        'close',
        path,
      );
      expectSystemError(
        thrown(() => mapping.resize(1)),
        'EBUSY',
        'resize',
        path,
      );
      expect(thrown(() => mapping.close()).message).toContain('2 pins');
      one.release();
      one.release();
      expectSystemError(
        thrown(() => mapping.close()),
        'EBUSY',
        'close',
        path,
      );
      expect(mapping.closed).toBe(false);
      expect(misplaced(buffer, 0)).toBeUndefined();
      two[Symbol.dispose]();
      mapping.close();
      expect(buffer.length).toBe(0);
    });

    test('using releases at the end of the block', () => {
      using mapping = map(scratch.file(LENGTH), { backend });
      {
        using pin: Pin = mapping.pin();
        expect(pin[Symbol.toStringTag]).toBe('Pin');
        expect(thrown(() => mapping.close()).code).toBe('EBUSY');
      }
      mapping.close();
      expect(mapping.closed).toBe(true);
    });
  });
});

describeBackends('a fenced mapping', (backend) => {
  /** Fences the mapping, as the end of a lease does. test/seals has real leases. */
  function fence(mapping: Mapping): void {
    (mapping as unknown as { fence(): void }).fence();
  }

  test.each(memoryUses)('refuses %s with ERR_MAPPING_FAULT', async (_title, _name, use) => {
    const mapping = map(scratch.file(LENGTH), { backend });
    fence(mapping);
    const error = await rejected(resultOf(use, mapping));
    expect(error.code).toBe('ERR_MAPPING_FAULT');
    mapping.close();
    expect([mapping.closed, mapping.faulted]).toEqual([true, true]);
  });
});

describeBackends('stats', (backend) => {
  test('counts mappings and bytes, by granularity, and takes them back', () => {
    const before = stats();
    const mapping = map(scratch.file(LENGTH), { backend });
    const during = stats();
    expect(during.mappings - before.mappings).toBe(1);
    expect(during.bytes - before.bytes).toBe(LENGTH);
    const granularity = expectedGranularity(backend);
    expect(during.byGranularity[granularity].mappings - before.byGranularity[granularity].mappings).toBe(1);
    expect(during.byGranularity[granularity].bytes - before.byGranularity[granularity].bytes).toBe(LENGTH);
    mapping.resize(PAGE_SIZE);
    expect(stats().bytes - before.bytes).toBe(PAGE_SIZE);
    expect(stats().mappings - before.mappings).toBe(1);
    mapping.close();
    expect(stats()).toEqual(before);
  });

  test('a refused map counts nothing', () => {
    const before = stats();
    thrown(() => map(scratch.file(0), { backend }));
    thrown(() => map(scratch.file(LENGTH), { backend, offset: PAGE_SIZE - 1 }));
    expect(stats()).toEqual(before);
  });
});
