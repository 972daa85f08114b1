// Wrong arguments: each error names the argument, and no call leaves something behind.
import { describe, expect, test } from '@jest/globals';
import { checkCrashes, CrashSimulator, type CrashTest } from '../../lib/testing/index.js';
import { expectMisuse, rejected, thrown } from '../support/errors.js';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const VALUE = 'ERR_INVALID_ARG_VALUE';
const RANGE = 'ERR_OUT_OF_RANGE';
const nothing = (): void => undefined;

/** A wrong value of some option, the code, and the argument that the error names. */
type Wrong = readonly [options: unknown, code: string, argument: string];

const SIMULATORS: readonly Wrong[] = [
  [undefined, VALUE, 'options.size'],
  [null, TYPE, 'options'],
  [4096, TYPE, 'options'],
  [{ size: 0 }, RANGE, 'options.size'],
  [{ size: -1 }, RANGE, 'options.size'],
  [{ size: 1.5 }, RANGE, 'options.size'],
  [{ size: '4096' }, TYPE, 'options.size'],
  [{ size: 2 ** 30 + 1 }, RANGE, 'options.size'],
  [{ path: 'no-such-file' }, VALUE, 'options.size'],
  [{ path: __filename, size: 1 }, RANGE, 'options.size'],
  [{ size: 4096, path: 5 }, TYPE, 'options.path'],
  [{ size: 4096, path: Buffer.from('a') }, TYPE, 'options.path'],
  [{ size: 4096, path: '' }, VALUE, 'options.path'],
  [{ size: 4096, path: 'a\0b' }, VALUE, 'options.path'],
  [{ size: 4096, path: __dirname }, VALUE, 'options.path'],
  [{ size: 4096, granularity: 'line' }, VALUE, 'options.granularity'],
  [{ size: 4096, granularity: 8 }, TYPE, 'options.granularity'],
  [{ size: 4096, lines: 'none' }, VALUE, 'options.lines'],
  [{ size: 4096, sector: 1024 }, VALUE, 'options.sector'],
  [{ size: 4096, trace: 'all' }, VALUE, 'options.trace'],
  [{ size: 4096, seed: -1 }, RANGE, 'options.seed'],
  [{ size: 4096, seed: 2 ** 32 }, RANGE, 'options.seed'],
  [{ size: 4096, seed: '1' }, TYPE, 'options.seed'],
  [{ size: 4096, length: 1 }, VALUE, 'options'],
];

test.each(SIMULATORS)('new CrashSimulator(%j): %s for %s', (options, code, argument) => {
  expectMisuse(
    thrown(() => new CrashSimulator(options as { size: number })),
    code,
    argument,
  );
});

const CHECKS: readonly Wrong[] = [
  [null, TYPE, 'options'],
  [1, TYPE, 'options'],
  [{ limit: 1 }, RANGE, 'options.limit'],
  [{ limit: 2 ** 24 + 1 }, RANGE, 'options.limit'],
  [{ limit: '9' }, TYPE, 'options.limit'],
  [{ depth: -1 }, RANGE, 'options.depth'],
  [{ depth: 9 }, RANGE, 'options.depth'],
  [{ timeout: 0 }, RANGE, 'options.timeout'],
  [{ timeout: 2 ** 31 }, RANGE, 'options.timeout'],
  [{ flips: -1 }, RANGE, 'options.flips'],
  [{ flips: 1025 }, RANGE, 'options.flips'],
  [{ flip: 1 }, VALUE, 'options'],
];

describe('of a simulator', () => {
  test.each(CHECKS)('check(..., %j): %s for %s', async (options, code, argument) => {
    using simulator = new CrashSimulator({ size: 4096 });
    expectMisuse(await rejected(simulator.check(nothing, nothing, options as object)), code, argument);
    expect((await simulator.check(nothing, nothing)).images).toBe(1);
  });

  test.each([...CHECKS.filter(([options]) => typeof options === 'object')])(
    'images(%j): %s for %s',
    (options, code, argument) => {
      using simulator = new CrashSimulator({ size: 4096 });
      expectMisuse(
        thrown(() => [...simulator.images(options as object)]),
        code,
        argument,
      );
    },
  );

  test('check() needs two functions', async () => {
    using simulator = new CrashSimulator({ size: 4096 });
    const wrong = 'recover' as unknown as () => void;
    expectMisuse(await rejected(simulator.check(wrong, nothing)), TYPE, 'recover');
    expectMisuse(await rejected(simulator.check(nothing, wrong)), TYPE, 'invariant');
  });

  test.each([
    [[], TYPE, 'call'],
    [['flush'], VALUE, 'call'],
    [['persist', null], TYPE, 'options'],
    [['persist', { at: 0 }], RANGE, 'options.at'],
    [['persist', { at: '1' }], TYPE, 'options.at'],
    [['persist', { errno: 'EPERM' }], VALUE, 'options.errno'],
    [['resize', { code: 'EIO' }], VALUE, 'options'],
  ])('fail(...%j): %s for %s', (list, code, argument) => {
    using simulator = new CrashSimulator({ size: 4096, granularity: 'page' });
    expectMisuse(
      thrown(() => simulator.fail(...(list as Parameters<CrashSimulator['fail']>))),
      code,
      argument,
    );
    simulator.mapping.persistWord(0, 1); // nothing was planned
  });

  test.each(['byte', 'cache-line'] as const)("fail('persist') with granularity %s: no call of it can fail", (tier) => {
    using simulator = new CrashSimulator({ size: 4096, granularity: tier });
    expectMisuse(
      thrown(() => simulator.fail('persist')),
      VALUE,
      'call',
    );
  });

  test.each([
    [[], TYPE, 'offset'],
    [[0], TYPE, 'length'],
    [[-1, 1], RANGE, 'offset'],
    [[0, 4097], RANGE, 'length'],
    [[0, 1, 'fire'], VALUE, 'reason'],
  ])('lose(...%j): %s for %s', (list, code, argument) => {
    using simulator = new CrashSimulator({ size: 4096 });
    expectMisuse(
      thrown(() => simulator.lose(...(list as Parameters<CrashSimulator['lose']>))),
      code,
      argument,
    );
    simulator.lose(0, 0);
    expect(simulator.mapping.faulted).toBe(false);
  });

  test.each([
    [[], VALUE, 'seed'],
    [[2, '0:'], VALUE, 'seed'],
    [[1], TYPE, 'choice'],
    [[1, 'first'], VALUE, 'choice'],
    [[1, '77:'], VALUE, 'choice'],
    [[1, '0:1'], VALUE, 'choice'],
    [[1, '0:+1=0000000000000000'], VALUE, 'choice'],
  ])('replay(...%j): %s for %s', (list, code, argument) => {
    using simulator = new CrashSimulator({ size: 4096 });
    expectMisuse(
      thrown(() => simulator.replay(...(list as Parameters<CrashSimulator['replay']>))),
      code,
      argument,
    );
    expect(simulator.replay(1, '0:').buffer).toEqual(Buffer.alloc(4096));
  });

  test.each([
    ['4096', TYPE],
    [0, RANGE],
    [-1, RANGE],
    [1.5, RANGE],
    [4097, RANGE],
  ])('map(%j): %s', (length, code) => {
    using simulator = new CrashSimulator({ size: 4096 });
    expectMisuse(
      thrown(() => simulator.map(length as number)),
      code,
      'length',
    );
  });
});

const TEST: CrashTest<unknown> = { size: 4096, workload: nothing, recover: nothing, invariant: nothing };

test.each<Wrong>([
  [{ ...TEST, workload: undefined }, TYPE, 'options.workload'],
  [{ ...TEST, recover: 1 }, TYPE, 'options.recover'],
  [{ ...TEST, invariant: null }, TYPE, 'options.invariant'],
  [{ ...TEST, setup: 'x' }, TYPE, 'options.setup'],
  [{ ...TEST, exhaustive: 'yes' }, TYPE, 'options.exhaustive'],
  [{ ...TEST, granularity: [] }, VALUE, 'options.granularity'],
  [{ ...TEST, granularity: ['byte', 'bit'] }, VALUE, 'options.granularity'],
  [{ ...TEST, size: undefined }, VALUE, 'options.size'],
  [{ ...TEST, depth: 9 }, RANGE, 'options.depth'],
  [{ ...TEST, recovery: nothing }, VALUE, 'options'],
])('checkCrashes(%j): %s for %s', async (options, code, argument) => {
  expectMisuse(await rejected(checkCrashes(options as CrashTest<unknown>)), code, argument);
});

test('a wrong option is refused before the workload runs', async () => {
  let calls = 0;
  await rejected(checkCrashes({ ...TEST, workload: () => calls++, timeout: 0 }));
  await rejected(checkCrashes({ ...TEST, workload: () => calls++, reads: true }));
  const granularity = ['byte', 'bit'] as unknown as 'byte';
  await rejected(checkCrashes({ ...TEST, workload: () => calls++, granularity }));
  expect(calls).toBe(0);
});
