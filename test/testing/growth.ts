// A memory that becomes longer: a crash finds the length of its moment.
import { describe, expect, test } from '@jest/globals';
import { map } from '../../lib/index.js';
import { CrashSimulator, type SimulatedGranularity } from '../../lib/testing/index.js';
import type { BackendUnderTest } from '../support/backends.js';
import { expectSystemError, thrown } from '../support/errors.js';

const TIERS: readonly SimulatedGranularity[] = ['byte', 'cache-line', 'page', 'emulated'];
const PATH = 'simulated-growth.bin';

/** Defines the tests, for the backend that this process has. */
export function defineGrowth(backend: BackendUnderTest): void {
  describe.each(TIERS)('with granularity %s', (granularity) => {
    test('recovery finds the new length, and the stores beyond the old one', async () => {
      using simulator = new CrashSimulator({ size: 4096, granularity });
      simulator.mapping.resize(8192);
      simulator.ack('long');
      simulator.mapping.persistWord(4104, 5);
      simulator.ack('stored');
      const seen = new Set<string>();
      const report = await simulator.check(
        (mapping) => [mapping.length, mapping.length > 4104 ? mapping.view(4104, 1)[0] : 0] as const,
        ([length, value], acks) => {
          seen.add(`${acks.length} ${length} ${value}`);
          return length === (acks.length > 0 ? 8192 : length) && value === (acks.length > 1 ? 5 : value);
        },
      );
      expect(report.failures).toEqual([]);
      expect(report.exhaustive).toBe(true);
      expect([...seen].sort()).toEqual(['0 4096 0', '0 8192 0', '1 8192 0', '1 8192 5', '2 8192 5']);
    });

    test('a count that is stored before the memory is long enough is found', async () => {
      using simulator = new CrashSimulator({ size: 4096, granularity });
      simulator.mapping.persistWord(0, 2);
      simulator.mapping.resize(8192);
      const report = await simulator.check(
        (mapping) => [mapping.length, mapping.view(0, 1)[0] ?? 0] as const,
        ([length, pages]) => pages * 4096 <= length,
      );
      expect(report.failures[0]?.kind).toBe('invariant');
      expect(report.failures[0]?.image.length).toBe(4096);
      expect(report.toString()).toContain('The program crashes before the end of');
    });

    test('a recovery that makes the memory longer is itself tried', async () => {
      using simulator = new CrashSimulator({ size: 4096, granularity });
      const lengths = new Set<number>();
      const report = await simulator.check(
        (mapping) => {
          lengths.add(mapping.length);
          if (mapping.length < 8192) mapping.resize(8192);
          mapping.persistWord(8184, 1);
          return mapping.view(8184, 1)[0];
        },
        (value) => value === 1,
      );
      expect(report.failures).toEqual([]);
      expect([...lengths]).toEqual([4096, 8192]);
    });

    test('each image has the length of its moment, and its replay, too', () => {
      using simulator = new CrashSimulator({ size: 4096, granularity });
      simulator.mapping.resize(12288);
      simulator.mapping.persistWord(8192, 1);
      const images = [...simulator.images()];
      expect(images.map(({ buffer }) => buffer.length)).toEqual([4096, 12288, 12288]);
      for (const { choice, buffer } of images) expect(simulator.replay(1, choice).buffer).toEqual(buffer);
    });

    test('settle() takes the new length as the first one', () => {
      using simulator = new CrashSimulator({ size: 4096, granularity });
      simulator.mapping.resize(8192);
      simulator.settle();
      expect([...simulator.images()].map(({ buffer }) => buffer.length)).toEqual([8192]);
      expect(simulator.map().length).toBe(8192);
    });

    test('map() of the path gives all of the memory', async () => {
      using simulator = new CrashSimulator({ size: 4096, granularity, path: PATH });
      map(PATH).resize(8192);
      simulator.ack();
      expect(map(PATH).length).toBe(8192);
      const report = await simulator.check(
        () => map(PATH).length,
        (length, acks) => acks.length === 0 || length === 8192,
      );
      expect(report.failures).toEqual([]);
    });
  });

  describe.each(TIERS)('map() of the path with a size beyond the end, with granularity %s', (granularity) => {
    test('makes the memory longer, as a moment of its own', async () => {
      using simulator = new CrashSimulator({ size: 4096, granularity, path: PATH });
      simulator.mapping.persistWord(0, 1);
      simulator.ack();
      using mapping = map(PATH, { create: true, size: 12288 });
      expect(mapping.length).toBe(12288);
      mapping.persistWord(8192, 2);
      simulator.ack();
      const lengths = new Set<string>();
      const report = await simulator.check(
        () => {
          using recovered = map(PATH);
          lengths.add(`${recovered.length}`);
          return [recovered.view(0, 1)[0], recovered.length > 8192 ? recovered.view(8192, 1)[0] : 0];
        },
        ([first, second], acks) => (first === 1 || acks.length < 1) && (second === 2 || acks.length < 2),
      );
      expect(report.failures).toEqual([]);
      expect([...lengths].sort()).toEqual(['12288', '4096']);
    });

    test('fails as a resize() that was asked to fail, and leaves the length as it is', () => {
      using simulator = new CrashSimulator({ size: 4096, granularity, path: PATH });
      simulator.fail('resize');
      expectSystemError(
        thrown(() => map(PATH, { size: 8192 })),
        'ENOSPC',
        'fallocate',
      );
      expect(map(PATH).length).toBe(4096);
    });

    test('in recovery, too', async () => {
      using simulator = new CrashSimulator({ size: 4096, granularity, path: PATH });
      const report = await simulator.check(
        () => {
          using mapping = map(PATH, { size: 8192 });
          mapping.persistWord(8184, 1);
          return mapping.length;
        },
        (length) => length === 8192,
      );
      expect(report.failures).toEqual([]);
      expect(report.images).toBeGreaterThan(1);
    });
  });

  test('a size up to the end changes nothing', () => {
    using simulator = new CrashSimulator({ size: 8192, path: PATH });
    expect(map(PATH, { create: true, size: 4096 }).length).toBe(8192);
    expect([...simulator.images()]).toHaveLength(1);
  });

  test('an offset is that of the memory, or refused', () => {
    using simulator = new CrashSimulator({ size: 8192, path: PATH });
    if (backend === 'emulated') {
      expectSystemError(
        thrown(() => map(PATH, { offset: 4096 })),
        'EOPNOTSUPP',
        'map',
      );
      return;
    }
    using second = map(PATH, { offset: 4096 });
    expect(second.length).toBe(4096);
    second.persistWord(8, 7);
    expect(simulator.mapping.view(4104, 1)[0]).toBe(7);
    expect(simulator.storeLog()).toContain('STORE;0x1008;');
    expect(thrown(() => map(PATH, { offset: 8192 })).code).toBe('ERR_OUT_OF_RANGE');
  });

  test('a mapping that becomes shorter leaves the memory as it is', async () => {
    using simulator = new CrashSimulator({ size: 8192 });
    simulator.mapping.persistWord(4096, 7);
    simulator.ack();
    simulator.mapping.resize(4096);
    const report = await simulator.check(
      (mapping) => mapping.view(4096, 1)[0],
      (value, acks) => acks.length === 0 || value === 7,
    );
    expect(report.failures).toEqual([]);
  });

  test('a mapping longer than the memory is refused', () => {
    using simulator = new CrashSimulator({ size: 4096, path: PATH });
    for (const call of [() => simulator.map(8192), () => map(PATH, { length: 8192 })])
      expect(thrown(call)).toMatchObject({ code: 'ERR_OUT_OF_RANGE', name: 'RangeError' });
  });
}
