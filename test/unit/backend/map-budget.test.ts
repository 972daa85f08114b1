import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { adviceNumbers, type Advice } from '../../../lib/core/constants.js';
import { growthOfAdvice, growths, MapBudget, type MapCounter } from '../../../lib/backend/map-budget.js';
import { expectSystemError, thrown } from '../../support/errors.js';

const LIMIT = Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'));
const USED = 500;
/** The number that may be added before the next count. */
const ALLOWED = Math.floor((LIMIT - USED - 1500) / 2);

class FakeCounter implements MapCounter {
  counts = 0;
  charged = 0;
  live = 0;
  ranges = 0;
  time = 0;

  constructor(public used: number) {}

  charge(areas: number): number {
    return (this.charged += areas);
  }

  rangeCount(): number {
    return this.ranges;
  }

  liveMappings(): number {
    return this.live;
  }

  countMaps(): number {
    this.counts++;
    return this.used;
  }

  now(): number {
    return this.time;
  }
}

describe('how often all areas are counted', () => {
  test('at the first call: others may have used them up', () => {
    const counter = new FakeCounter(LIMIT - 100);
    expect(thrown(() => new MapBudget(counter).check(growths.map)).code).toBe('ENOMEM');
    expect(counter.counts).toBe(1);
  });

  test('rarely: for a part of the room that was found', () => {
    const counter = new FakeCounter(USED);
    const budget = new MapBudget(counter);
    for (let done = 0; done < ALLOWED; done++) budget.check(growths.map);
    expect(counter.counts).toBe(1);
    for (let done = 0; done < 2; done++) budget.check(growths.map);
    expect(counter.counts).toBe(2);
  });

  test('a call that may split an area in three is counted as two', () => {
    const counter = new FakeCounter(USED);
    const budget = new MapBudget(counter);
    for (let done = 0; done <= ALLOWED / 2 + 1; done++) budget.check(growths.lock);
    expect(counter.counts).toBe(2);
  });

  test('after a while, and when another copy of the package has mapped', () => {
    const counter = new FakeCounter(USED);
    const budget = new MapBudget(counter);
    budget.check(growths.map);
    counter.time += 10_000;
    budget.check(growths.map);
    expect(counter.counts).toBe(2);
    counter.live += ALLOWED + 1;
    budget.check(growths.map);
    expect(counter.counts).toBe(3);
  });

  test('near the limit not for each call', () => {
    const counter = new FakeCounter(LIMIT - 1600);
    const budget = new MapBudget(counter);
    for (let done = 0; done < 60; done++) budget.check(growths.map);
    expect(counter.counts).toBe(1);
  });
});

describe('near vm.max_map_count', () => {
  test('it is ENOMEM, with both numbers and the remedy, and room again is room again', () => {
    const counter = new FakeCounter(LIMIT - 1500);
    const budget = new MapBudget(counter);
    const error = thrown(() => budget.check(growths.map, 'some/file'));
    expectSystemError(error, 'ENOMEM', 'mmap', 'some/file');
    expect(error.message).toContain(`${LIMIT - 1500} areas`);
    expect(error.message).toContain(`vm.max_map_count is ${LIMIT}`);
    expect(error.message).toContain('sysctl vm.max_map_count=');
    counter.used = LIMIT - 3000;
    expect(() => budget.check(growths.map)).not.toThrow();
  });

  test('the error names the call that was refused', () => {
    const refusedAs = (growth: (typeof growths)[keyof typeof growths]): string | undefined =>
      thrown(() => new MapBudget(new FakeCounter(LIMIT)).check(growth)).syscall;
    expect([refusedAs(growths.reserve), refusedAs(growths.lock), refusedAs(growths.unlock)]).toEqual([
      'mmap',
      'mlock2',
      'munlock',
    ]);
  });

  test('a call that undoes another one is still allowed, up to a second margin', () => {
    const counter = new FakeCounter(LIMIT - 1400);
    const budget = new MapBudget(counter);
    expect(thrown(() => budget.check(growths.lock)).code).toBe('ENOMEM');
    expect(() => budget.check(growths.unlock)).not.toThrow();
    counter.used = LIMIT - 700;
    expect(thrown(() => new MapBudget(counter).check(growths.unlock)).code).toBe('ENOMEM');
  });

  test('ranges that share an area count half: closing every second one splits it so often', () => {
    const counter = new FakeCounter(USED);
    counter.ranges = 2 * LIMIT;
    const error = thrown(() => new MapBudget(counter).check(growths.map));
    expect(error.message).toContain('ranges that touch');
    counter.ranges = LIMIT;
    expect(() => new MapBudget(counter).check(growths.map)).not.toThrow();
  });

  test('a count that fails refuses nothing', () => {
    expect(() => new MapBudget(new FakeCounter(-13)).check(growths.map)).not.toThrow();
  });
});

test('advice splits areas, unless it is about pages', () => {
  const words = (Object.keys(adviceNumbers) as Advice[]).filter((word) => growthOfAdvice(word) === undefined);
  expect(words).toEqual(['willneed', 'dontneed', 'remove', 'cold', 'pageout', 'collapse']);
});
