import { expect, test } from '@jest/globals';
import { copyFileSync, readFileSync } from 'node:fs';
import { constants, map, type Mapping, type MapOptions } from '../../lib/index.js';
import { Random } from '../support/random.js';
import { Scratch } from '../support/scratch.js';
import { native } from '../support/backends.js';

const { PAGE_SIZE } = constants;
const LONGEST = 6 * PAGE_SIZE;
const SEEDS = 12;
const STEPS = 60;
const scratch = new Scratch();

function closePinned(mapping: Mapping): void {
  const pin = mapping.pin();
  try {
    mapping.close();
  } finally {
    pin.release();
  }
}

/** The operations on a mapping. Each returns a value that can be compared. */
type Step = { readonly name: string; readonly on: (mapping: Mapping) => unknown };

// Ranges mostly inside, sometimes not: refusals are compared as well.
function range(random: Random): [offset: number, length: number] {
  const near = [0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, random.below(LONGEST), random.below(100)];
  return [random.of([...near, -1, 2 ** 40]), random.of([...near, -1, 0.5])];
}

function step(random: Random, access: 'read' | 'write' | 'copy'): Step {
  const [offset, length] = range(random);
  const data = random.bytes(random.of([0, 1, 3, 100, PAGE_SIZE]));
  const value = random.of([0, 1, 255, 256]);
  const steps: Step[] = [
    { name: `view ${offset} ${length}`, on: (m) => Buffer.from(m.view(offset, length)).toString('base64') },
    { name: `store ${offset} ${data.length}`, on: (m) => void m.view(offset, data.length).set(data) },
    { name: `write ${offset} ${data.length}`, on: (m) => m.write(data, offset) },
    {
      name: `write-no-drain ${offset} ${data.length}`,
      on: (m) => (m.write(data, offset, { drain: false }), m.drain()),
    },
    { name: `fill ${value} ${offset} ${length}`, on: (m) => m.fill(value, offset, length) },
    { name: `persist ${offset} ${length}`, on: (m) => m.persist(offset, length) },
    { name: `flush ${offset} ${length}`, on: (m) => m.flush(offset, length) },
    { name: `populate ${offset} ${length}`, on: (m) => m.populate(offset, length) },
    { name: `advise ${offset} ${length}`, on: (m) => m.advise('willneed', offset, length) },
    { name: `pages ${offset} ${length}`, on: (m) => m.residency(offset, length).pages },
    { name: 'shape', on: (m) => [m.length, m.offset, m.access, m.closed, m.buffer.length] },
    { name: 'pinned close', on: (m) => closePinned(m) },
  ];
  // A private mapping can only grow in its reserve, which one of the two does not have.
  if (access === 'write') steps.push({ name: `resize ${length}`, on: (m) => m.resize(length) });
  return random.of(steps);
}

/** The result, or the code of the error. */
function outcome(call: () => unknown): unknown {
  try {
    return { gives: call() };
  } catch (error) {
    return { throws: (error as { code?: string }).code };
  }
}

function options(random: Random): MapOptions & { access: 'read' | 'write' | 'copy' } {
  const access = random.of(['write', 'write', 'write', 'copy', 'read'] as const);
  return {
    access,
    offset: random.of([0, 0, PAGE_SIZE]),
    ...(access === 'write' && random.below(2) === 0 ? { size: 1 + random.below(LONGEST) } : {}),
  };
}

/** Random operations, the same on both. Returns the first difference. */
function difference(seed: number): string | undefined {
  const random = new Random(seed);
  const nativePath = scratch.file(1 + random.below(LONGEST), 'native');
  const emulatedPath = scratch.path('emulated');
  copyFileSync(nativePath, emulatedPath);
  const done: string[] = [];
  for (let round = 0; round < 4; round++) {
    const how = options(random);
    done.push(`map ${JSON.stringify(how)}`);
    let native: Mapping | undefined;
    let emulated: Mapping | undefined;
    const made = [
      outcome(() => ((native = map(nativePath, { ...how, backend: 'native' })), 'mapped')),
      outcome(() => ((emulated = map(emulatedPath, { ...how, backend: 'emulated' })), 'mapped')),
    ].map((each) => JSON.stringify(each));
    if (made[0] !== made[1]) return `seed ${seed}: ${done.join('; ')}: native ${made[0]}, emulated ${made[1]}`;
    if (native === undefined || emulated === undefined) continue;
    const [one, other] = [native, emulated];
    for (let count = 0; count < STEPS; count++) {
      const { name, on } = step(random, how.access);
      done.push(name);
      const [a, b] = [outcome(() => on(one)), outcome(() => on(other))].map((each) => JSON.stringify(each));
      if (a !== b) return `seed ${seed}: ${done.join('; ')}: native ${a}, emulated ${b}`;
    }
    for (const mapping of [one, other]) {
      mapping.persist();
      mapping.close();
    }
    if (!readFileSync(nativePath).equals(readFileSync(emulatedPath)))
      return `seed ${seed}: ${done.join('; ')}: the files differ`;
  }
  return undefined;
}

native.describe('random operations on native and emulated', () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => [seed + 1]))(
    'seed %d: equal results, equal refusals, equal files',
    (seed) => {
      expect(difference(seed)).toBeUndefined();
    },
  );

  test('a new seed at every run', () => {
    expect(difference(Date.now() % 2 ** 31)).toBeUndefined();
  });
});
