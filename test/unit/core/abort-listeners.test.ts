import { expect, test } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { AbortListeners } from '../../../lib/core/abort-listeners.js';

test('an abort takes back every item of its signal, in order, with the reason', () => {
  const aborted: unknown[] = [];
  const listeners = new AbortListeners<string>((item, reason) => aborted.push([item, reason]));
  const [one, other] = [new AbortController(), new AbortController()];
  listeners.add(one.signal, 'a');
  listeners.add(other.signal, 'b');
  listeners.add(one.signal, 'c');
  one.abort('enough');
  expect(aborted).toEqual([
    ['a', 'enough'],
    ['c', 'enough'],
  ]);
  expect(getEventListeners(other.signal, 'abort')).toHaveLength(1);
});

test('a signal gets one listener for any number of items, and loses it with the last item', () => {
  const aborted: string[] = [];
  const listeners = new AbortListeners<string>((item) => aborted.push(item));
  const { signal } = new AbortController();
  const items = Array.from({ length: 20 }, (_, at) => `item ${at}`);
  for (const item of items) listeners.add(signal, item);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  for (const item of items.slice(1)) listeners.delete(signal, item);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  listeners.delete(signal, 'item 0');
  listeners.delete(signal, 'item 0');
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  expect(aborted).toEqual([]);
});

test('an item that was deleted is not aborted', () => {
  const aborted: string[] = [];
  const listeners = new AbortListeners<string>((item) => aborted.push(item));
  const controller = new AbortController();
  listeners.add(controller.signal, 'kept');
  listeners.add(controller.signal, 'deleted');
  listeners.delete(controller.signal, 'deleted');
  controller.abort();
  expect(aborted).toEqual(['kept']);
});
