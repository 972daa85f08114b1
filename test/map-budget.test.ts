import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { MapBudget, type MapCounter } from '../lib/map-budget.js';
import { expectSystemError, thrown } from './support/errors.js';

const LIMIT = Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'));

class FakeCounter implements MapCounter {
  counts = 0;

  constructor(
    public ours: number,
    public used: number,
  ) {}

  rangeCount(): number {
    return this.ours;
  }

  countMaps(): number {
    this.counts++;
    return this.used;
  }
}

test('few mappings are never counted', () => {
  const counter = new FakeCounter(0, 0);
  const budget = new MapBudget(counter);
  for (counter.ours = 0; counter.ours < 16_384; counter.ours += 100) budget.check();
  expect(counter.counts).toBe(0);
});

test('many are counted rarely: only when most of the known room is used', () => {
  const counter = new FakeCounter(16_384, 17_000);
  const budget = new MapBudget(counter);
  budget.check();
  expect(counter.counts).toBe(1);
  for (let more = 0; more < 100; more++) {
    counter.ours++;
    counter.used++;
    budget.check();
  }
  expect(counter.counts).toBe(1);
  counter.ours = LIMIT - 2000;
  counter.used = LIMIT - 1600;
  budget.check();
  expect(counter.counts).toBe(2);
});

test('near vm.max_map_count it is ENOMEM, with both numbers and the remedy, and room again is room again', () => {
  const counter = new FakeCounter(LIMIT - 1600, LIMIT - 1500);
  const budget = new MapBudget(counter);
  const error = thrown(() => budget.check());
  expectSystemError(error, 'ENOMEM', 'mmap');
  expect(error.message).toContain(`${LIMIT - 1500} mappings`);
  expect(error.message).toContain(`vm.max_map_count is ${LIMIT}`);
  expect(error.message).toContain('sysctl vm.max_map_count=');
  counter.used = LIMIT - 3000;
  expect(() => budget.check()).not.toThrow();
});

test('the last mapping before the margin is still given', () => {
  const counter = new FakeCounter(LIMIT - 1600, LIMIT - 1501);
  const budget = new MapBudget(counter);
  expect(() => budget.check()).not.toThrow();
  counter.ours++;
  counter.used++;
  expect(thrown(() => budget.check()).code).toBe('ENOMEM');
});

test('a count that fails refuses nothing', () => {
  expect(() => new MapBudget(new FakeCounter(20_000, -13)).check()).not.toThrow();
});
