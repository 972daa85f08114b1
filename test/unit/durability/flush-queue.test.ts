import { describe, expect, test } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { FlushQueue, type FlushPlace, type FlushRange } from '../../../lib/durability/flush-queue.js';
import { map } from '../../../lib/index.js';
import { rejected } from '../../support/errors.js';
import { Scratch } from '../../support/scratch.js';

const scratch = new Scratch();

/** A job that ends when the test says so. */
class Job {
  started = false;
  end!: () => void;
  fail!: (error: Error) => void;
  readonly start = (): Promise<void> => {
    this.started = true;
    return new Promise<void>((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
  };
}

/** Ranges that do not touch, so that no request joins another. */
const apart = (i: number): FlushRange => ({ offset: 1000 * i, length: 10 });
/** Every flush in a lane of its own, where nothing else is said. */
const place = (owner: object, lane: object = {}): FlushPlace => ({ owner, lane });
const owner = {};
const other = {};

function queued(count: number, limit = 2): { queue: FlushQueue; jobs: Job[]; promises: Promise<void>[] } {
  const queue = new FlushQueue(limit);
  const jobs = Array.from({ length: count }, () => new Job());
  return { queue, jobs, promises: jobs.map((job, i) => queue.add(place(owner), apart(i), job.start)) };
}

const started = (jobs: readonly Job[]): boolean[] => jobs.map((job) => job.started);

describe('a queue that runs two at once', () => {
  test('starts two at once, the next when one ends, in order', async () => {
    const { jobs, promises } = queued(4);
    expect(started(jobs)).toEqual([true, true, false, false]);
    jobs[1]?.end();
    await promises[1];
    await Promise.resolve();
    expect(started(jobs)).toEqual([true, true, true, false]);
    jobs[0]?.end();
    jobs[2]?.end();
    await Promise.all([promises[0], promises[2]]);
    await Promise.resolve();
    expect(started(jobs)).toEqual([true, true, true, true]);
    jobs[3]?.end();
    await promises[3];
  });

  test('goes on after one that failed', async () => {
    const { jobs, promises } = queued(3, 1);
    const error = new Error('EIO');
    jobs[0]?.fail(error);
    expect(await rejected(promises[0] as Promise<void>)).toBe(error);
    await Promise.resolve();
    expect(started(jobs)).toEqual([true, true, false]);
    jobs[1]?.end();
    await promises[1];
    await Promise.resolve();
    jobs[2]?.end();
    await promises[2];
  });

  test('drop rejects the waiting jobs of that owner, and no others', async () => {
    const { queue, jobs, promises } = queued(3);
    const theirs = new Job();
    const their = queue.add(place(other), apart(0), theirs.start);
    const error = new Error('closed');
    queue.drop(owner, () => error);
    expect(await rejected(promises[2] as Promise<void>)).toBe(error);
    expect(jobs[2]?.started).toBe(false);
    jobs[0]?.end();
    jobs[1]?.end();
    await Promise.all(promises.slice(0, 2));
    await Promise.resolve();
    expect(theirs.started).toBe(true);
    theirs.end();
    await their;
  });

  test('an abort takes back a waiting job', async () => {
    const { queue, jobs, promises } = queued(2);
    const controller = new AbortController();
    const waiting = new Job();
    const promise = queue.add(place(owner), apart(9), waiting.start, controller.signal);
    const reason = new Error('no need');
    controller.abort(reason);
    expect(await rejected(promise)).toBe(reason);
    jobs[0]?.end();
    jobs[1]?.end();
    await Promise.all(promises);
    await Promise.resolve();
    expect(waiting.started).toBe(false);
  });

  test('an abort of a running job has no effect', async () => {
    const queue = new FlushQueue(1);
    const controller = new AbortController();
    const job = new Job();
    const promise = queue.add(place(owner), apart(0), job.start, controller.signal);
    controller.abort();
    job.end();
    await promise;
  });

  test('an abort after drop() has no effect, either: the others stay', async () => {
    const { queue, jobs, promises } = queued(2, 1);
    const controller = new AbortController();
    const dropped = queue.add(place(other), apart(0), new Job().start, controller.signal);
    queue.drop(other, () => new Error('closed'));
    controller.abort();
    expect((await rejected(dropped)).message).toBe('closed');
    jobs[0]?.end();
    await promises[0];
    await Promise.resolve();
    expect(jobs[1]?.started).toBe(true);
    jobs[1]?.end();
    await promises[1];
  });

  test('aborted before: never queued', async () => {
    const job = new Job();
    const reason = new Error('no need');
    expect(await rejected(new FlushQueue(2).add(place(owner), apart(0), job.start, AbortSignal.abort(reason)))).toBe(
      reason,
    );
    expect(job.started).toBe(false);
  });
});

describe('requests that join', () => {
  /** A queue that is busy with one flush, and the ranges of those that started after it. */
  function busy(): {
    queue: FlushQueue;
    first: Job;
    flushed: FlushRange[];
    start: (range: FlushRange) => Promise<void>;
  } {
    const queue = new FlushQueue(1);
    const first = new Job();
    void queue.add(place(owner), { offset: 0, length: 100 }, first.start);
    const flushed: FlushRange[] = [];
    return { queue, first, flushed, start: (range) => (flushed.push(range), Promise.resolve()) };
  }

  test('overlapping and adjacent ranges of one owner are one flush', async () => {
    const { queue, first, flushed, start } = busy();
    const all = [
      queue.add(place(owner), { offset: 50, length: 50 }, start),
      queue.add(place(owner), { offset: 100, length: 20 }, start),
      queue.add(place(owner), { offset: 40, length: 11 }, start),
    ];
    first.end();
    await Promise.all(all);
    expect(flushed).toEqual([{ offset: 40, length: 80 }]);
  });

  test('a gap, or another owner, is a flush of its own', async () => {
    const { queue, first, flushed, start } = busy();
    const all = [
      queue.add(place(owner), { offset: 0, length: 10 }, start),
      queue.add(place(owner), { offset: 11, length: 10 }, start),
      queue.add(place(other), { offset: 0, length: 10 }, start),
    ];
    first.end();
    await Promise.all(all);
    expect(flushed).toHaveLength(3);
  });

  test('never join one that runs: stores made since are perhaps not in it', async () => {
    const { queue, first, flushed, start } = busy();
    const same = queue.add(place(owner), { offset: 0, length: 100 }, start);
    expect(flushed).toEqual([]);
    first.end();
    await same;
    expect(flushed).toEqual([{ offset: 0, length: 100 }]);
  });

  test('one that is aborted leaves the others; when all are, nothing is flushed', async () => {
    const { queue, first, flushed, start } = busy();
    const [one, two, three] = [new AbortController(), new AbortController(), new AbortController()];
    const kept = queue.add(place(owner), { offset: 0, length: 10 }, start);
    const gone = queue.add(place(owner), { offset: 0, length: 10 }, start, one.signal);
    const both = [two, three].map(({ signal }) => queue.add(place(owner), { offset: 500, length: 10 }, start, signal));
    for (const controller of [one, two, three]) controller.abort(new Error('no need'));
    for (const promise of [gone, ...both]) expect((await rejected(promise)).message).toBe('no need');
    first.end();
    await kept;
    await Promise.resolve();
    expect(flushed).toEqual([{ offset: 0, length: 10 }]);
  });

  test('all fail with the one flush that they share', async () => {
    const { queue, first } = busy();
    const error = new Error('EIO');
    const all = [0, 5].map((offset) => queue.add(place(owner), { offset, length: 10 }, () => Promise.reject(error)));
    first.end();
    for (const promise of all) expect(await rejected(promise)).toBe(error);
  });
});

describe('requests in great number', () => {
  const COUNT = 40_000;
  const FEW = 10_000;
  // The height of a tree of 40,000, for each of the few things that are looked up.
  const LOOKS = 200;

  /** A range that counts the reads of its position. */
  class Counted implements FlushRange {
    static looks = 0;
    readonly length = 10;

    constructor(private readonly place: number) {}

    get offset(): number {
      Counted.looks++;
      return this.place;
    }
  }

  /** 0 to COUNT - 1, scattered. */
  const scattered = (i: number): number => (i * 7919) % COUNT;

  test.each([
    ['in order', (i: number) => i],
    ['scattered', scattered],
  ])(
    'disjoint ones, %s: each is compared with few others, and they start in the order in which they came',
    async (_title, placeOf) => {
      const queue = new FlushQueue(2);
      const lane = {};
      const flushed: number[] = [];
      Counted.looks = 0;
      const all = Array.from({ length: COUNT }, (_, i) => {
        const range = new Counted(1000 * placeOf(i));
        return queue.add(place(owner, lane), range, () => (flushed.push(i), Promise.resolve()));
      });
      await Promise.all(all);
      expect(Counted.looks).toBeLessThan(LOOKS * COUNT);
      expect(flushed).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    },
  );

  test('of many files: each is compared with few others, and they start in the order in which they came', async () => {
    const queue = new FlushQueue(2);
    const flushed: number[] = [];
    Counted.looks = 0;
    const start = (i: number) => (): Promise<void> => (flushed.push(i), Promise.resolve());
    await Promise.all(Array.from({ length: FEW }, (_, i) => queue.add(place({}), new Counted(0), start(i))));
    expect(Counted.looks).toBeLessThan(LOOKS * FEW);
    expect(flushed).toEqual(Array.from({ length: FEW }, (_, i) => i));
  });

  test('drop() of all, and an abort of all, compare each with few others', async () => {
    const queue = new FlushQueue(1);
    const first = new Job();
    const running = queue.add(place(other), apart(0), first.start);
    const controller = new AbortController();
    Counted.looks = 0;
    const never = (): Promise<void> => Promise.reject(new Error('started'));
    const dropped = Array.from({ length: FEW }, (_, i) =>
      rejected(queue.add(place(owner), new Counted(1000 * scattered(i)), never)),
    );
    const lane = {};
    const aborted = Array.from({ length: FEW }, (_, i) =>
      rejected(queue.add(place({}, lane), new Counted(1000 * i), never, controller.signal)),
    );
    const closed = new Error('closed');
    queue.drop(owner, () => closed);
    controller.abort(new Error('no need'));
    expect(new Set((await Promise.all(dropped)).map(({ message }) => message))).toEqual(new Set(['closed']));
    expect(new Set((await Promise.all(aborted)).map(({ message }) => message))).toEqual(new Set(['no need']));
    expect(Counted.looks).toBeLessThan(2 * LOOKS * FEW);
    first.end();
    await running;
  });

  test('that are all joined by the last one are one flush', async () => {
    const queue = new FlushQueue(1);
    const first = new Job();
    void queue.add(place(other), apart(0), first.start);
    const flushed: FlushRange[] = [];
    const start = (range: FlushRange): Promise<void> => (flushed.push(range), Promise.resolve());
    const all = Array.from({ length: 1000 }, (_, i) =>
      queue.add(place(owner), { offset: 20 * scattered(i), length: 10 }, start),
    );
    all.push(queue.add(place(owner), { offset: 0, length: 20 * COUNT }, start));
    first.end();
    await Promise.all(all);
    expect(flushed).toEqual([{ offset: 0, length: 20 * COUNT }]);
  });
});

test('a request that connects two is one flush with them, in the turn of the earlier one; an abort still finds its own', async () => {
  const queue = new FlushQueue(1);
  const first = new Job();
  void queue.add(place(other), apart(0), first.start);
  const flushed: [string, FlushRange][] = [];
  const start =
    (name: string) =>
    (range: FlushRange): Promise<void> => (flushed.push([name, range]), Promise.resolve());
  const controller = new AbortController();
  const lane = {};
  const all = [
    queue.add(place(owner, lane), { offset: 100, length: 10 }, start('early')),
    queue.add(place({}, lane), { offset: 0, length: 10 }, start('another')),
    queue.add(place(owner, lane), { offset: 0, length: 10 }, start('late')),
    queue.add(place(owner, lane), { offset: 5, length: 5 }, start('late')),
  ];
  const taken = queue.add(place(owner, lane), { offset: 0, length: 10 }, start('late'), controller.signal);
  all.push(queue.add(place(owner, lane), { offset: 10, length: 90 }, start('between')));
  controller.abort(new Error('no need'));
  expect((await rejected(taken)).message).toBe('no need');
  first.end();
  await Promise.all(all);
  expect(flushed).toEqual([
    ['early', { offset: 0, length: 110 }],
    ['another', { offset: 0, length: 10 }],
  ]);
});

describe('one AbortSignal for many requests', () => {
  test('has one listener, and none when they have started', async () => {
    const queue = new FlushQueue(1);
    const first = new Job();
    void queue.add(place(other), apart(0), first.start);
    const { signal } = new AbortController();
    const all = Array.from({ length: 50 }, (_, i) =>
      queue.add(place(owner), apart(i), () => Promise.resolve(), signal),
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    first.end();
    await Promise.all(all);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('is no leak: Node does not warn', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    try {
      using mapping = map(scratch.sparse(1000 * 4096));
      const { signal } = new AbortController();
      await Promise.all(Array.from({ length: 50 }, (_, i) => mapping.persistAsync(8192 * i, 8, { signal })));
      await turn();
      expect(warnings).toEqual([]);
    } finally {
      process.off('warning', onWarning);
    }
  });
});

test('of one file one flush runs at a time; others pass it by', async () => {
  const queue = new FlushQueue(2);
  const file = {};
  const [first, second, theirs] = [new Job(), new Job(), new Job()];
  const one = queue.add(place(owner, file), apart(0), first.start);
  const two = queue.add(place(other, file), apart(1), second.start);
  const three = queue.add(place(other), apart(2), theirs.start);
  expect(started([first, second, theirs])).toEqual([true, false, true]);
  first.end();
  await one;
  await Promise.resolve();
  expect(second.started).toBe(true);
  second.end();
  theirs.end();
  await Promise.all([two, three]);
});
