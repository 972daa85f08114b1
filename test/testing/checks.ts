import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { attach, map, mapAsync, type Mapping } from '../../lib/index.js';
import {
  checkCrashes,
  CrashSimulator,
  type CrashReport,
  type SimulatedGranularity,
  type SimulatorOptions,
} from '../../lib/testing/index.js';
import type { BackendUnderTest } from '../support/backends.js';
import { expectSystemError, rejected, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';

const TIERS: readonly SimulatedGranularity[] = ['byte', 'cache-line', 'page', 'emulated'];

function simulate(options: Partial<SimulatorOptions>): CrashSimulator {
  return new CrashSimulator({ size: 4096, ...options });
}

/** Two words, one after the other, each durable and acknowledged. */
function storeTwo(simulator: CrashSimulator): void {
  for (const value of [1, 2]) {
    simulator.mapping.persistWord(8 * (value - 1), value);
    simulator.ack(value);
  }
}

function readTwo(mapping: Mapping): readonly number[] {
  return [0, 8].map((offset) => mapping.view(offset, 1)[0] as number);
}

function lostNothing(values: readonly number[], acks: readonly unknown[]): boolean {
  return acks.every((value, at) => values[at] === value);
}

/** The contents of two words that are stored in order. */
const IMAGES_OF_TWO = 5;

function expectRight(report: CrashReport, images: number): void {
  expect(report.failures).toEqual([]);
  expect({ exhaustive: report.exhaustive, images: report.images }).toEqual({ exhaustive: true, images });
}

function expectFailure(report: CrashReport, kind: string, message: string): void {
  expect(report.failures.map((failure) => [failure.kind, failure.error.message])).toEqual([[kind, message]]);
  expect(report.exhaustive).toBe(false);
}

/** Moves a byte from 0 to 8. Wrong only if it crashes between the two stores. */
function moveByte(mapping: Mapping): number | undefined {
  const [from] = readTwo(mapping);
  if (from !== 0) {
    mapping.persistWord(0, 0);
    mapping.persistWord(8, from as number);
  }
  return readTwo(mapping)[1];
}

/** Counts to 4. It throws at a content that only a crash of the recovery after a crash of recovery leaves. */
function countUp(mapping: Mapping): void {
  const [count] = readTwo(mapping);
  if (count === 3) throw new Error('three');
  if (count === 1) mapping.persistWord(0, 2);
  else if (count === 2) mapping.persistWord(0, 3);
  mapping.persistWord(0, 4);
}

function defineVerdicts(granularity: SimulatedGranularity): void {
  test('a recovery may be asynchronous, and the invariant, too', async () => {
    using simulator = simulate({ granularity });
    storeTwo(simulator);
    const recover = async (mapping: Mapping): Promise<readonly number[]> => {
      await Promise.resolve();
      return readTwo(mapping);
    };
    expectRight(await simulator.check(recover, (...state) => Promise.resolve(lostNothing(...state))), IMAGES_OF_TWO);
    const report = await simulator.check(recover, ([first]) => Promise.resolve(first === 0));
    expectFailure(report, 'invariant', 'the invariant returned false');
  });

  test('a recovery may close its mapping', async () => {
    using simulator = simulate({ granularity });
    storeTwo(simulator);
    const recover = (mapping: Mapping): readonly number[] => {
      const values = readTwo(mapping);
      mapping.close();
      return values;
    };
    expectRight(await simulator.check(recover, lostNothing), IMAGES_OF_TWO);
  });

  test('a recovery that throws or rejects, and an invariant that does, are failures', async () => {
    using simulator = simulate({ granularity });
    storeTwo(simulator);
    const fail = (): never => {
      throw new RangeError('no header');
    };
    expectFailure(await simulator.check(fail, () => true), 'recovery', 'no header');
    expectFailure(await simulator.check(() => Promise.reject(new Error('later')), fail), 'recovery', 'later');
    expectFailure(await simulator.check(readTwo, fail), 'invariant', 'no header');
    const report = await simulator.check(readTwo, () => Promise.reject(new Error('later')));
    expectFailure(report, 'invariant', 'later');
    expect(report.toString()).toContain("again: simulator.replay(1, '");
  });

  test('a failure names the two words, and its replay is its image', async () => {
    using simulator = simulate({ granularity });
    const { mapping } = simulator;
    mapping.view(0, 1)[0] = 1; // the flag
    mapping.view(64, 1)[0] = 7; // the value
    mapping.persist(0, 72);
    const report = await simulator.check(
      (memory) => [memory.view(0, 1)[0], memory.view(64, 1)[0]],
      ([flag, value]) => flag === 0 || value === 7,
    );
    // Within a page the two words are of one sector, and of one moment: any of them may be there.
    expect(report.failures[0]?.kind).toBe('invariant');
    expect(report.failures[0]?.crashes[0].present.map(({ offset }) => offset)).toEqual([0]);
    expect(report.failures[0]?.crashes[0].absent.map(({ offset }) => offset)).toEqual([64]);
    expect(report.failures[0]?.crashes[0].present[0]?.stored).toContain('checks.');
    const { choice = '', image } = report.failures[0] ?? {};
    expect(simulator.replay(1, choice).buffer).toEqual(image);
    expect(image?.[0]).toBe(1);
  });

  test.each([
    [0, []],
    [1, [1]],
    [2, [1]],
  ])('depth %i: a recovery that is wrong if it crashes itself', async (depth, depths) => {
    using simulator = simulate({ granularity });
    simulator.mapping.persistWord(0, 7);
    simulator.settle();
    const report = await simulator.check(moveByte, (value) => value === 7, { depth });
    expect(report.failures.map((failure) => failure.depth)).toEqual(depths);
    expect(report.failures.map(({ crashes, choice }) => [crashes.length, choice])).toEqual(depths.map(() => [2, '']));
  });

  test.each([
    [0, 0],
    [1, 0],
    [2, 1],
  ])('depth %i: a recovery that is wrong after two crashes of it', async (depth, failures) => {
    using simulator = simulate({ granularity });
    simulator.mapping.persistWord(0, 1);
    simulator.settle();
    const report = await simulator.check(countUp, () => true, { depth });
    expect(report.failures).toHaveLength(failures);
    expect(report.exhaustive).toBe(failures === 0);
  });
}

function defineImages(granularity: SimulatedGranularity): void {
  test('each image comes again by its choice, for torn words and wrong bits, too', () => {
    using simulator = simulate({ granularity, seed: 7 });
    const { mapping } = simulator;
    mapping.view(0, 8).writeUInt16LE(0x0102);
    mapping.view(64, 8).writeUInt16LE(0x0304);
    mapping.persist(0, 8);
    simulator.ack('first');
    mapping.fill(9, 4000, 8);
    const images = [...simulator.images({ flips: 2, limit: 40 })];
    for (const { choice, buffer, acks } of images) {
      const again = simulator.replay(7, choice);
      expect(again.buffer).toEqual(buffer);
      expect(again.acks).toEqual(acks);
    }
    const contents = new Set(images.map(({ acks, buffer }) => `${acks.length} ${buffer.toString('hex')}`));
    expect(contents.size).toBe(images.length);
    expect(images.some(({ flipped }) => flipped.length === 2)).toBe(true);
    expect(images.some(({ torn }) => torn !== undefined)).toBe(granularity !== 'emulated'); // it has no words
  });

  test('write() of a part of a word may tear it, and of a whole word never does', () => {
    const isTorn = (offset: number, length: number): boolean => {
      using simulator = simulate({ granularity });
      simulator.mapping.write(Buffer.alloc(length, 7), offset);
      return [...simulator.images()].some(({ torn }) => torn !== undefined);
    };
    const hasWords = granularity !== 'emulated';
    expect([isTorn(0, 8), isTorn(64, 16)]).toEqual([false, false]);
    expect([isTorn(4, 4), isTorn(12, 12), isTorn(64, 11)]).toEqual([hasWords, hasWords, hasWords]);
  });

  test('wrong bits are tried, and found by a checksum only', async () => {
    using simulator = simulate({ granularity });
    simulator.mapping.fill(0x55);
    simulator.settle();
    const isWhole = (memory: Mapping): boolean => memory.buffer.every((byte) => byte === 0x55);
    expectRight(await simulator.check(isWhole, (whole) => whole), 1);
    const report = await simulator.check(isWhole, (whole) => whole, { flips: 1 });
    expectFailure(report, 'invariant', 'the invariant returned false');
    expect(report.failures[0]?.crashes[0].flipped).toHaveLength(1);
    expect(report.toString()).toContain('wrong bits: ');
  });

  test('the end of persistAsync() guarantees the stores before its begin', async () => {
    using simulator = simulate({ granularity });
    const { mapping } = simulator;
    mapping.view(0, 1)[0] = 1;
    const end = mapping.persistAsync(0, 8);
    mapping.view(8, 1)[0] = 2;
    await end;
    simulator.ack();
    const seen = new Set<string>();
    const report = await simulator.check(readTwo, ([first, second], acks) => {
      seen.add(`${first} ${second}`);
      return first === 1 || acks.length === 0;
    });
    expect(report.failures).toEqual([]);
    // Both words are of one sector; single words and bytes have no order.
    expect([...seen].sort()).toEqual(['0 0', ...(granularity === 'page' ? [] : ['0 2']), '1 0', '1 2']);
  });

  test('a lost range reads as zeros, and its flush throws', async () => {
    using simulator = simulate({ granularity });
    storeTwo(simulator);
    simulator.lose(0, 8);
    expect(simulator.mapping.faulted).toBe(true);
    expect(readTwo(simulator.mapping)).toEqual([0, 2]);
    expect(thrown(() => simulator.mapping.persist(0, 8)).code).toBe('ERR_MAPPING_FAULT');
    expectRight(await simulator.check(readTwo, lostNothing), IMAGES_OF_TWO);
  });

  test('the store log has each store, flush and fence in order, and a flush covers whole lines or pages', () => {
    using simulator = simulate({ granularity });
    simulator.mapping.persistWord(72, 0x0102n);
    const flush = { byte: '0x0;0x1000', 'cache-line': '0x40;0x40', page: '0x0;0x1000', emulated: '0x48;0x8' };
    expect(simulator.storeLog()).toBe(
      'START|REGISTER_FILE;simulation;0x0;0x1000;0x0|STORE;0x48;0x0000000000000102;0x8|' +
        `FLUSH;${flush[granularity]}|FENCE|STOP`,
    );
  });

  test('two simulators do not see each other', async () => {
    using one = simulate({ granularity });
    using other = simulate({ granularity });
    one.mapping.persistWord(0, 1);
    storeTwo(other);
    expect([...one.images()]).toHaveLength(2);
    const checks = [other.check(readTwo, lostNothing), one.check(readTwo, ([, second]) => second === 0)] as const;
    expectRight(await checks[0], IMAGES_OF_TWO);
    expectRight(await checks[1], 2);
  });

  test('resize() can fail, and then succeeds', () => {
    using simulator = simulate({ granularity });
    simulator.fail('resize', { errno: 'EDQUOT', at: 2 });
    simulator.mapping.resize(8192);
    expectSystemError(
      thrown(() => simulator.mapping.resize(12288)),
      'EDQUOT',
      'fallocate',
    );
    expect(simulator.mapping.length).toBe(8192);
    simulator.mapping.resize(12288);
    expect([...simulator.images()].at(-1)?.buffer).toHaveLength(12288);
  });
}

function definePaths(scratch: Scratch, granularity: SimulatedGranularity): void {
  test('map() and mapAsync() of the path lead to the memory, and in a check to that of recovery', async () => {
    const path = scratch.path();
    using simulator = simulate({ granularity, path });
    const program = await mapAsync(relative(process.cwd(), path));
    for (const value of [1, 2]) {
      program.persistWord(8 * (value - 1), value);
      simulator.ack(value);
    }
    const recover = async (): Promise<readonly number[]> => {
      const mapping = await mapAsync(path);
      const values = readTwo(mapping);
      mapping.close();
      return values;
    };
    expectRight(await simulator.check(recover, lostNothing), IMAGES_OF_TWO);
    expectRight(await simulator.check(() => readTwo(map(path)), lostNothing), IMAGES_OF_TWO);
    expect(readTwo(map(path))).toEqual([1, 2]); // the memory of the program again
  });
}

/** The edges of check(), on a backend. */
export function defineChecks(backend: BackendUnderTest): void {
  const scratch = new Scratch();

  test('the backend is the one under test', () => {
    using real = map(scratch.file(4096));
    expect(real.durability.backend).toBe(backend);
  });

  describe.each(TIERS)('with granularity %s', (granularity) => {
    defineVerdicts(granularity);
    defineImages(granularity);
    definePaths(scratch, granularity);
  });

  test('a recovery in a loop without end is ended, and named', async () => {
    using simulator = simulate({});
    storeTwo(simulator);
    const recover = (mapping: Mapping): void => {
      while (readTwo(mapping)[0] === 1);
    };
    const report = await simulator.check(recover, () => true);
    expectFailure(report, 'hang', 'recovery did not end within 1000 ms');
    expect(report.failures[0]?.crashes[0].present.map(({ offset }) => offset)).toEqual([0]);
    expect(readTwo(simulator.mapping)).toEqual([1, 2]); // it goes on
    expectRight(await simulator.check(readTwo, lostNothing), IMAGES_OF_TWO);
  });

  test('a recovery whose promise is never settled is ended', async () => {
    using simulator = simulate({});
    storeTwo(simulator);
    const report = await simulator.check(
      () => new Promise<void>(() => undefined),
      () => true,
      { timeout: 20 },
    );
    expectFailure(report, 'hang', 'recovery did not end within 20 ms');
  });

  test('a file is the first content, and is not changed', async () => {
    const path = scratch.file(Buffer.alloc(5000, 1));
    using simulator = new CrashSimulator({ path, granularity: 'page' });
    const mapping = map(path);
    mapping.persistWord(0, 7);
    mapping.write(Buffer.alloc(8, 9), 4992);
    const report = await simulator.check(
      () => [map(path).length, map(path).view(4999, 1)[0], map(path).view(0, 1)[0]],
      ([length, last, first]) => length === 5000 && (last === 1 || first === 7),
    );
    expectRight(report, 3);
    expect(readFileSync(path)).toEqual(Buffer.alloc(5000, 1));
  });

  test('one simulator has a path; after its close the path leads to the file again', () => {
    const path = scratch.file(4096);
    const one = new CrashSimulator({ path });
    const busy = thrown(() => new CrashSimulator({ path: join(path, '..', relative(join(path, '..'), path)) }));
    expectSystemError(busy, 'EBUSY', 'CrashSimulator', path);
    one.mapping.fill(0);
    one.close();
    one.close();
    expect(thrown(() => one.map()).code).toBe('ERR_MAPPING_CLOSED');
    using real = map(path);
    expect(real.buffer).toEqual(readFileSync(path));
    expect(real.durability.backend).not.toBe('simulated');
  });

  test('close() during a check is refused', async () => {
    const simulator = simulate({});
    storeTwo(simulator);
    const recover = (mapping: Mapping): Promise<readonly number[]> => Promise.resolve(readTwo(mapping));
    const check = simulator.check(recover, lostNothing);
    expectSystemError(
      thrown(() => simulator.close()),
      'EBUSY',
      'close',
    );
    expectRight(await check, IMAGES_OF_TWO);
    simulator.close();
    expect(simulator.mapping.closed).toBe(true);
  });

  test('close() during the second of two checks is refused', async () => {
    const simulator = simulate({});
    storeTwo(simulator);
    const recover = (mapping: Mapping): Promise<readonly number[]> => Promise.resolve(readTwo(mapping));
    const first = simulator.check(readTwo, lostNothing);
    const second = simulator.check(async (mapping) => (await first, recover(mapping)), lostNothing);
    await first;
    expectSystemError(
      thrown(() => simulator.close()),
      'EBUSY',
      'close',
    );
    expectRight(await second, IMAGES_OF_TWO);
    simulator.close();
  });

  test('setup() survives every crash, and an error of the workload is the error of checkCrashes()', async () => {
    const test = {
      size: 4096,
      setup: (mapping: Mapping) => mapping.view(0, 1).fill(7), // without a flush
      workload: (mapping: Mapping) => mapping.persistWord(8, 1),
      recover: readTwo,
      invariant: ([first]: readonly number[]) => first === 7,
      exhaustive: true,
    };
    expect((await checkCrashes(test)).map(({ images }) => images)).toEqual([2, 2, 2]);
    const error = new Error('of the workload');
    expect(await rejected(checkCrashes({ ...test, workload: () => Promise.reject(error) }))).toBe(error);
    const refused = await rejected(checkCrashes({ ...test, limit: 2, workload: (mapping) => mapping.fill(1, 8, 64) }));
    expect(refused.name).toBe('AssertionError');
    expect(refused.message).toContain('a part of the contents');
  });

  if (backend === 'native') {
    test('several mappings are one memory', async () => {
      using simulator = simulate({});
      const other = simulator.map();
      other.view(0, 1)[0] = 1;
      simulator.mapping.view(64, 1)[0] = 2;
      const shared = attach(other.share());
      expect([shared.view(0, 1)[0], shared.view(64, 1)[0]]).toEqual([1, 2]);
      shared.close();
      simulator.mapping.persist(0, 128);
      other.persistWord(128, 3);
      const report = await simulator.check(
        (mapping) => [0, 64, 128].map((offset) => mapping.view(offset, 1)[0]),
        ([first, second, third]) => third === 0 || (first === 1 && second === 2),
      );
      expectRight(report, 5);
    });
  }
}
