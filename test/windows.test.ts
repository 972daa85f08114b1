import { describe, expect, test } from '@jest/globals';
import type { Region } from '../lib/backend/backend.js';
import { MAX_VIEW, Windows } from '../lib/windows.js';

const HALF = MAX_VIEW / 2;

/** Notes what it is asked for. Its memory is never touched, so that none is used. */
class FakeRegion {
  readonly made: [start: number, length: number][] = [];
  readonly detached: ArrayBuffer[] = [];

  constructor(public length: number) {}

  window(start: number, length: number): ArrayBuffer {
    this.made.push([start, length]);
    return new ArrayBuffer(length);
  }

  detach(window: ArrayBuffer): void {
    this.detached.push(window);
  }

  /** Only window, detach and length are used by Windows. */
  get region(): Region {
    return this as unknown as Region;
  }
}

const small = 1000;

describe('view', () => {
  test('a small mapping has one window, made once', () => {
    const fake = new FakeRegion(small);
    const windows = new Windows({});
    const one = windows.view(fake.region, 10, 20);
    const two = windows.view(fake.region, 0, small);
    expect(one.buffer).toBe(two.buffer);
    expect([one.byteOffset, one.length, two.byteOffset, two.length]).toEqual([10, 20, 0, small]);
    expect(fake.made).toEqual([[0, small]]);
  });

  test.each([
    ['inside the first GiB', MAX_VIEW - 10, 10, [0, MAX_VIEW]],
    ['from 1 GiB on', MAX_VIEW, 10, [MAX_VIEW, MAX_VIEW]],
    ['across 1 GiB: a window at 512 MiB', MAX_VIEW - 5, 10, [HALF, MAX_VIEW]],
    ['across 4 GiB: a window at 3.5 GiB', 4 * MAX_VIEW - 5, 10, [3 * MAX_VIEW + HALF, MAX_VIEW]],
    ['too long for either: its own', 5 * MAX_VIEW + HALF + 1, MAX_VIEW, [5 * MAX_VIEW + HALF + 1, MAX_VIEW]],
    ['near the end: what is left', 8 * MAX_VIEW + 50, 10, [8 * MAX_VIEW, 100]],
  ] as const)('%s', (_title, offset, length, window) => {
    const fake = new FakeRegion(8 * MAX_VIEW + 100);
    const view = new Windows({}).view(fake.region, offset, length);
    expect(fake.made).toEqual([window]);
    expect([view.byteOffset, view.length]).toEqual([offset - window[0], length]);
  });

  test('after growth a window that ends too early is made anew, and the old one still gets detached', () => {
    const fake = new FakeRegion(small);
    const windows = new Windows({});
    const old = windows.view(fake.region, 0, small);
    fake.length = 2 * small;
    const grown = windows.view(fake.region, small, small);
    expect(fake.made).toEqual([[0, small], [0, 2 * small]]);
    windows.detachPast(fake.region, 0);
    expect(new Set(fake.detached)).toEqual(new Set([old.buffer, grown.buffer]));
  });
});

test('own() makes one of exactly that range at each call', () => {
  const fake = new FakeRegion(small);
  const windows = new Windows({});
  const [one, two] = [windows.own(fake.region, 10, 20), windows.own(fake.region, 10, 20)];
  expect(one).not.toBe(two);
  expect(one.byteLength).toBe(20);
  expect(fake.made).toEqual([[10, 20], [10, 20]]);
});

test('detachPast(end) detaches what reaches past it, and nothing else', () => {
  const fake = new FakeRegion(2 * MAX_VIEW);
  const windows = new Windows({});
  const first = windows.view(fake.region, 0, 1).buffer;
  const second = windows.view(fake.region, MAX_VIEW, 1).buffer;
  const inside = windows.own(fake.region, 0, 10);
  const across = windows.own(fake.region, MAX_VIEW - 5, 10);
  windows.detachPast(fake.region, MAX_VIEW);
  expect(new Set(fake.detached)).toEqual(new Set([second, across]));
  windows.detachPast(fake.region, 0);
  expect(new Set(fake.detached)).toEqual(new Set([first, second, inside, across]));
  expect(fake.detached.length).toBe(4);
});

test('a window holds the mapping, so that garbage collection takes both or none', () => {
  const mapping = {};
  const { buffer } = new Windows(mapping).view(new FakeRegion(small).region, 0, 1);
  const held = Object.getOwnPropertySymbols(buffer).map((key) => (buffer as unknown as Record<symbol, unknown>)[key]);
  expect(held).toEqual([mapping]);
});
