import { describe, expect, test } from '@jest/globals';
import { FlushQueue } from '../lib/flush-queue.js';
import { rejected } from './support/errors.js';

/** A job whose end the test decides. */
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

const owner = {};
const other = {};

function queued(count: number, limit = 2): { queue: FlushQueue; jobs: Job[]; promises: Promise<void>[] } {
  const queue = new FlushQueue(limit);
  const jobs = Array.from({ length: count }, () => new Job());
  return { queue, jobs, promises: jobs.map((job) => queue.add(owner, job.start)) };
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

  test('drop rejects what waits of that owner, and nothing else', async () => {
    const { queue, jobs, promises } = queued(3);
    const theirs = new Job();
    const their = queue.add(other, theirs.start);
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

  test('an abort takes back what waits', async () => {
    const { queue, jobs, promises } = queued(2);
    const controller = new AbortController();
    const waiting = new Job();
    const promise = queue.add(owner, waiting.start, controller.signal);
    const reason = new Error('no need');
    controller.abort(reason);
    expect(await rejected(promise)).toBe(reason);
    jobs[0]?.end();
    jobs[1]?.end();
    await Promise.all(promises);
    await Promise.resolve();
    expect(waiting.started).toBe(false);
  });

  test('an abort of what runs is not heard', async () => {
    const queue = new FlushQueue(1);
    const controller = new AbortController();
    const job = new Job();
    const promise = queue.add(owner, job.start, controller.signal);
    controller.abort();
    job.end();
    await promise;
  });

  test('an abort after drop() is not heard either: the others stay', async () => {
    const { queue, jobs, promises } = queued(2, 1);
    const controller = new AbortController();
    const dropped = queue.add(other, new Job().start, controller.signal);
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
    expect(await rejected(new FlushQueue(2).add(owner, job.start, AbortSignal.abort(reason)))).toBe(reason);
    expect(job.started).toBe(false);
  });
});
