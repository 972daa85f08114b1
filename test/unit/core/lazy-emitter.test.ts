import { describe, expect, test } from '@jest/globals';
import { once, on, type EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { LazyEmitter } from '../../../lib/core/lazy-emitter.js';
import { map } from '../../../lib/index.js';
import { rejected } from '../../support/errors.js';
import { Scratch } from '../../support/scratch.js';

const scratch = new Scratch();

/** The emitter as node:events sees it at run time; its types ask for a whole EventEmitter. */
function emitter(of: object): EventEmitter {
  return of as unknown as EventEmitter;
}

interface Events {
  tick: number;
}

class Ticker extends LazyEmitter<Events> {
  constructor() {
    super(Symbol('ticker'));
  }

  tick(value: number): void {
    this.emit('tick', value);
  }
}

/** Of 'tick', counted from outside: the emitter is private. */
function listeners(ticker: Ticker): number {
  return (
    (ticker as unknown as { emitter?: { listenerCount(event: string): number } }).emitter?.listenerCount('tick') ?? -1
  );
}

describe('events.once() and events.on() of node:events', () => {
  test('once() resolves with the event', async () => {
    const ticker = new Ticker();
    const promise = once(emitter(ticker), 'tick');
    ticker.tick(7);
    expect(await promise).toEqual([7]);
  });

  test('once() with a signal rejects when that is aborted, and leaves no listener', async () => {
    const ticker = new Ticker();
    const controller = new AbortController();
    const promise = once(emitter(ticker), 'tick', { signal: controller.signal });
    controller.abort();
    expect((await rejected(promise)).name).toBe('AbortError');
    expect(listeners(ticker)).toBe(0);
  });

  test('on() gives every event, and leaves no listener after break', async () => {
    const ticker = new Ticker();
    const seen: unknown[] = [];
    const events = on(emitter(ticker), 'tick');
    ticker.tick(1);
    ticker.tick(2);
    for await (const [value] of events) {
      seen.push(value);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([1, 2]);
    expect(listeners(ticker)).toBe(0);
  });

  test('on() with a signal ends with it, and leaves no listener', async () => {
    const ticker = new Ticker();
    const controller = new AbortController();
    const next = on(emitter(ticker), 'tick', { signal: controller.signal }).next();
    controller.abort();
    expect((await rejected(next)).name).toBe('AbortError');
    expect(listeners(ticker)).toBe(0);
  });
});

test('the other names add and remove as on() and off() do', () => {
  const ticker = new Ticker();
  const seen: number[] = [];
  const listener = (value: number): void => void seen.push(value);
  expect(ticker.addListener('tick', listener)).toBe(ticker);
  ticker.tick(1);
  expect(ticker.removeListener('tick', listener)).toBe(ticker);
  ticker.tick(2);
  expect(seen).toEqual([1]);
});

describe('a mapping and its seal', () => {
  test('can be waited for with a signal', async () => {
    using mapping = map(scratch.file(4096));
    const seal = mapping.seal();
    const controller = new AbortController();
    const promises = [
      once(emitter(mapping), 'fault', { signal: controller.signal }),
      once(emitter(seal), 'break', { signal: controller.signal }),
    ];
    controller.abort();
    for (const promise of promises) expect((await rejected(promise)).name).toBe('AbortError');
  });

  test('can be iterated over, and left', async () => {
    using mapping = map(scratch.file(4096));
    const seal = mapping.seal({ policy: 'breakable' });
    for (const events of [on(emitter(mapping), 'fault'), on(emitter(seal), 'break')]) {
      const next = events.next();
      await turn();
      expect(await events.return?.()).toMatchObject({ done: true });
      expect(await next).toMatchObject({ done: true });
    }
  });
});
