import { describe, expect, test } from '@jest/globals';
import { loadAddon } from '../../../lib/backend/native/load.js';
import { bothSeeds, expectRightBytes } from './any-path.js';
import { native } from '../../support/backends.js';

const ROUNDS = 1000;

/**
 * The instructions, best first, and the switch that rules each out. They are compared with
 * lib/backend/native/cpu-path.ts.
 */
const instructions = [
  { bit: 4, name: 'clwb', off: 'MAPDIRECT_NO_CLWB' },
  { bit: 2, name: 'clflushopt', off: 'MAPDIRECT_NO_CLFLUSHOPT' },
  { bit: 1, name: 'clflush', off: '' },
  { bit: 16, name: 'dc cvap', off: 'MAPDIRECT_NO_CVAP' },
  { bit: 8, name: 'dc cvac', off: '' },
] as const;

const loaded = loadAddon();
const bits = 'addon' in loaded ? loaded.addon.cpuFlushInstructions() : 0;

function methodWith(environment: Environment): string {
  const found = instructions.find(({ bit, off }) => (bits & bit) !== 0 && environment[off] !== '1');
  return found?.name ?? 'none of them';
}

type Environment = Readonly<Record<string, string>>;
const onX86: readonly Environment[] = [
  {},
  { MAPDIRECT_NO_CLWB: '1' },
  { MAPDIRECT_NO_CLWB: '1', MAPDIRECT_NO_CLFLUSHOPT: '1' },
];
const onArm: readonly Environment[] = [{}, { MAPDIRECT_NO_CVAP: '1' }];
const flushes = process.arch === 'arm64' ? onArm : onX86;
const lines = { MAPDIRECT_FORCE_GRANULARITY: 'cache-line' };

// This changes the addon of this thread. No test of this file stores with it.
const widths = 'addon' in loaded ? [64, 32, 16].filter((width) => loaded.addon.chooseStores(width) >= 0) : [];

native.describe('random stores and flushes leave exactly the right bytes, and untouched neighbours', () => {
  describe.each(flushes.flatMap((flush) => [flush, { ...flush, MAPDIRECT_NO_MOVNT: '1' }]))(
    'cache-line, %j',
    (environment: Environment) => {
      test.each(bothSeeds)(`by ${methodWith(environment)}, %s`, async (_title, seed) => {
        await expectRightBytes(
          seed,
          ROUNDS,
          { method: methodWith(environment), large: true },
          { env: { ...lines, ...environment } },
        );
      });
    },
  );

  // The widest has had its turn above.
  // A CPU of arm64 has one width only.
  for (const width of widths.slice(1)) {
    test(`cache-line, non-temporal stores of ${width} bytes`, async () => {
      for (const [, seed] of bothSeeds)
        await expectRightBytes(seed, ROUNDS, { method: methodWith({}), width, large: true }, { env: lines });
    });
  }

  test.each([
    ['byte', 'fence'],
    ['page', 'msync'],
  ])('%s, by %s', async (granularity, method) => {
    for (const [, seed] of bothSeeds)
      await expectRightBytes(
        seed,
        ROUNDS,
        { method, large: true },
        { env: { MAPDIRECT_FORCE_GRANULARITY: granularity } },
      );
  });
});

native.describe('a path that this CPU does not have', () => {
  test.each([
    'MAPDIRECT_NO_CLWB',
    'MAPDIRECT_NO_CLFLUSHOPT',
    'MAPDIRECT_NO_CVAP',
    'MAPDIRECT_NO_MOVNT',
    'MAPDIRECT_FORCE_GRANULARITY',
  ])('%s=yes is an error and no guess', async (name) => {
    const refused = expectRightBytes(1, 1, { method: '' }, { env: { ...lines, [name]: 'yes' } });
    await expect(refused).rejects.toThrow(
      new RegExp(`ERR_INVALID_ARG_VALUE[^]*${name}|${name}[^]*ERR_INVALID_ARG_VALUE`),
    );
  });
});
