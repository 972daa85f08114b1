// The diagnostic 'overwritten': a word is stored anew before its earlier value was durable.
import { describe, expect, test } from '@jest/globals';
import type { Mapping } from '../../lib/index.js';
import { checkCrashes, CrashSimulator, type SimulatorOptions } from '../../lib/testing/index.js';
import { exact } from '../support/exact.js';
import { put } from './corpus/entry.js';

const SIZE = 8192;

/** The offsets of the words that are overwritten. */
function overwritten(options: Partial<SimulatorOptions>, run: (mapping: Mapping) => void): readonly number[] {
  using simulator = new CrashSimulator({ size: SIZE, diagnostics: ['overwritten'], ...options });
  run(simulator.mapping);
  return simulator.diagnostics.filter(({ id }) => id === 'overwritten').map(({ offset }) => offset);
}

function twice(mapping: Mapping, between: () => void): void {
  put(mapping, 8, 1);
  between();
  put(mapping, 8, 2);
  mapping.persist(0, 64);
}

describe.each([
  { granularity: 'byte' },
  { granularity: 'cache-line' },
  { granularity: 'cache-line', lines: 'ordered' },
  { granularity: 'page' },
  { granularity: 'emulated' },
] as const)('of %j', (tier) => {
  test('a store after a look, and before a drain, is told with both places', () => {
    using simulator = new CrashSimulator({ size: SIZE, ...tier, diagnostics: ['overwritten'] });
    twice(simulator.mapping, () => simulator.ack());
    const [found] = simulator.diagnostics.filter(({ id }) => id === 'overwritten');
    expect(found).toMatchObject({ offset: 8, cost: false });
    expect(found?.text).toMatch(
      /^overwritten: the word at 8, stores before ack\(\) .*, is stored anew .*: stores before (persist|drain)\(\) /,
    );
  });

  test('a store after the persist of the earlier value is none', () => {
    expect(overwritten(tier, (mapping) => twice(mapping, () => mapping.persist(0, 64)))).toEqual([]);
  });

  test('a neighbour is none', () => {
    const run = (mapping: Mapping): void => {
      put(mapping, 8, 1);
      mapping.persist(4096, 8); // a look, and with 'byte' a drain
      put(mapping, 16, 2);
    };
    expect(overwritten(tier, run)).toEqual([]);
  });

  exact.test('an exact trace needs no look', () => {
    expect(overwritten({ ...tier, trace: 'exact' }, (mapping) => twice(mapping, () => undefined))).toEqual([8]);
  });

  exact.test('a word in pieces is none', () => {
    const run = ({ buffer }: Mapping): unknown => buffer.writeBigUInt64LE(0x0102_0304_0506_0708n, 8);
    expect(overwritten({ ...tier, trace: 'exact' }, run)).toEqual([]);
  });
});

test('a value that became durable meanwhile is not overwritten by a store of another byte', () => {
  const run = (mapping: Mapping): void => {
    put(mapping, 8, 1);
    mapping.flush(8, 8);
    put(mapping, 16, 0x100);
    mapping.drain();
    put(mapping, 8, 2);
  };
  expect(overwritten({ lines: 'ordered' }, run)).toEqual([]);
});

test('it is off by default, and checkCrashes() has the option', async () => {
  const workload = (mapping: Mapping, ack: () => void): void => twice(mapping, ack);
  const idsOf = async (options: Pick<SimulatorOptions, 'diagnostics'>): Promise<readonly string[]> => {
    const test = { size: SIZE, workload, recover: () => 0, invariant: () => true, ...options };
    const [report] = await checkCrashes({ ...test, granularity: 'cache-line' });
    return report?.diagnostics.map(({ id }) => id) ?? [];
  };
  expect(await idsOf({})).toEqual([]);
  expect(await idsOf({ diagnostics: ['overwritten'] })).toEqual(['overwritten']);
});

test.each(['overwritten', ['flush-clean'], {}])('%j is refused', (diagnostics) => {
  const options = { size: SIZE, diagnostics } as unknown as SimulatorOptions;
  expect(() => new CrashSimulator(options)).toThrow(/options\.diagnostics/);
});
