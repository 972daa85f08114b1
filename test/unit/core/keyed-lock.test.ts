import { expect, test } from '@jest/globals';
import { acquireKey, type KeyedLocks } from '../../../lib/core/keyed-lock.js';
import { runAsync, runSync } from '../../../lib/core/sync-or-async.js';
import { thrown } from '../../support/errors.js';

function busy(): never {
  throw new Error('busy');
}

const acquireSync = (locks: KeyedLocks, key: string): (() => void) => runSync(acquireKey(locks, key, busy));
const acquire = (locks: KeyedLocks, key: string): Promise<() => void> => runAsync(acquireKey(locks, key, busy));

test('the synchronous form takes a free key, and calls busy() for one that is held', () => {
  const locks: KeyedLocks = new Map();
  const release = acquireSync(locks, 'a');
  expect(thrown(() => acquireSync(locks, 'a')).message).toBe('busy');
  acquireSync(locks, 'b')();
  release();
  acquireSync(locks, 'a')();
  expect(locks.size).toBe(0);
});

test('the asynchronous form waits: one holder at a time, and each gets the key', async () => {
  const locks: KeyedLocks = new Map();
  let holders = 0;
  const order: number[] = [];
  const work = async (each: number): Promise<void> => {
    const release = await acquire(locks, 'a');
    expect(++holders).toBe(1);
    await new Promise((next) => setImmediate(next));
    order.push(each);
    holders--;
    release();
  };
  await Promise.all([1, 2, 3, 4].map(work));
  expect(order.sort()).toEqual([1, 2, 3, 4]);
  expect(locks.size).toBe(0);
});

test('another key does not wait', async () => {
  const locks: KeyedLocks = new Map();
  const release = await acquire(locks, 'a');
  (await acquire(locks, 'b'))();
  release();
  expect(locks.size).toBe(0);
});
