// persistAsync() guarantees when its promise resolves, and nothing guarantees earlier.
import { describe, expect, test } from '@jest/globals';
import { checkCrashes, CrashSimulator, type CrashTest, type SimulatedGranularity } from '../../lib/testing/index.js';
import { rejected } from '../support/errors.js';

const TIERS: readonly SimulatedGranularity[] = ['byte', 'cache-line', 'page', 'emulated'];
const LENGTHS = [8, 131072]; // below and above the length of cache lines that this thread flushes itself

describe.each(TIERS)('with granularity %s', (granularity) => {
  /** Stores 1 in the last byte of a range. */
  const check = (length: number, workload: CrashTest<unknown>['workload']): Promise<unknown> =>
    checkCrashes({
      size: 2 * length,
      granularity,
      exhaustive: true,
      workload(mapping, ack) {
        mapping.view(length - 1, 1)[0] = 1;
        return workload(mapping, ack);
      },
      recover: (mapping) => mapping.view(length - 1, 1)[0],
      invariant: (value, acks) => value === 1 || acks.length === 0,
    });

  describe.each(LENGTHS)('of %i bytes', (length) => {
    test('an acknowledgement before the await is found', async () => {
      const error = await rejected(
        check(length, async (mapping, ack) => {
          const end = mapping.persistAsync(0, length);
          ack();
          await end;
        }),
      );
      expect(error.message).toMatch(/the invariant refuses the recovered state/);
      expect(error.message).toContain('crashes before the end of persistAsync()');
    });

    test('an acknowledgement after the await is right', async () => {
      await check(length, async (mapping, ack) => {
        await mapping.persistAsync(0, length);
        ack();
      });
    });
  });
});

test('with cache lines a drain(), and a persist of another line, do not end it', async () => {
  const error = await rejected(
    checkCrashes({
      size: 4096,
      granularity: 'cache-line',
      async workload(mapping, ack) {
        mapping.view(0, 1)[0] = 1;
        const end = mapping.persistAsync(0, 8);
        mapping.drain();
        mapping.persistWord(64, 1);
        ack();
        await end;
      },
      recover: (mapping) => mapping.view(0, 1)[0],
      invariant: (value, acks) => value === 1 || acks.length === 0,
    }),
  );
  expect(error.message).toContain('the invariant refuses the recovered state');
});

test.each([
  ['byte', '0x0;0x1000'],
  ['cache-line', '0x40;0x40'],
  ['page', '0x0;0x1000'],
  ['emulated', '0x40;0x8'],
] as const)('the store log has the flush at the begin, and the fence at the end: %s', async (granularity, flush) => {
  using simulator = new CrashSimulator({ size: 4096, granularity });
  simulator.mapping.view(64, 1)[0] = 1;
  const end = simulator.mapping.persistAsync(64, 8);
  simulator.mapping.view(0, 1)[0] = 2;
  await end;
  expect(simulator.storeLog().split('|').slice(2, -1)).toEqual([
    'STORE;0x40;0x0000000000000001;0x8',
    `FLUSH;${flush}`,
    'STORE;0x0;0x0000000000000002;0x8',
    'FENCE',
  ]);
});
