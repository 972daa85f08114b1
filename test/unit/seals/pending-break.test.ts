import { expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { PendingBreak } from '../../../lib/seals/pending-break.js';

test('a later request makes the deadline earlier, never later', () => {
  const pending = new PendingBreak(() => undefined);
  pending.endWithin(60_000);
  const first = pending.left;
  pending.endWithin(90_000);
  expect(pending.left).toBeLessThanOrEqual(first);
  pending.endWithin(30_000);
  expect(pending.left).toBeLessThanOrEqual(30_000);
  pending.end();
});

test('at the deadline the holders give way; done resolves at the end only', async () => {
  let gaveWay = 0;
  let isDone = false;
  const pending = new PendingBreak(() => gaveWay++);
  void pending.done.then(() => (isDone = true));
  pending.endWithin(1);
  await delay(20);
  expect([gaveWay, isDone, pending.left]).toEqual([1, false, 0]);
  pending.end();
  await pending.done;
  expect([gaveWay, isDone]).toEqual([1, true]);
});

test('a break that has ended calls nothing at its deadline', async () => {
  let gaveWay = 0;
  const pending = new PendingBreak(() => gaveWay++);
  pending.endWithin(1);
  pending.end();
  await delay(20);
  expect(gaveWay).toBe(0);
});
