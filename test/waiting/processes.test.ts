// wait(), waitAsync() and notify() between threads and processes.
import { expect, test } from '@jest/globals';
import { map, type Mapping } from '../../lib/index.js';
import { actorOf, type Actor, type ActorName } from '../support/actors.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();
const others: readonly ActorName[] = ['a worker thread', 'another process'];

/** A file of zeros. */
function zeros(): string {
  return scratch.file(Buffer.alloc(65536));
}

async function withActors<T>(names: readonly ActorName[], body: (...actors: Actor[]) => Promise<T>): Promise<T> {
  const actors = names.map(actorOf);
  try {
    return await body(...actors);
  } finally {
    await Promise.all(actors.map((actor) => actor.kill()));
  }
}

/** Notifies until `count` calls were woken. The word does not change: a call that comes late waits, too. */
async function wakeAll(mapping: Mapping, offset: number, count: number, most?: number): Promise<void> {
  for (let woken = 0; woken < count;) {
    const now = mapping.notify(offset, most);
    expect(now).toBeLessThanOrEqual(Math.min(most ?? count, count - woken));
    woken += now;
    if (now === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

native.describe('two sides of a word', () => {
  test.each(others)('%s blocks in wait() until notify()', async (name) => {
    const path = zeros();
    using mapping = map(path);
    await withActors([name, name, name], async (...actors) => {
      const waits = actors.map((actor) => actor.run('wait', path, 4096, 0));
      await wakeAll(mapping, 4096, 3, 1);
      expect(await Promise.all(waits)).toEqual([{ value: 'ok' }, { value: 'ok' }, { value: 'ok' }]);
    });
  });

  test.each(others)('%s: a change and one notify() end wait() and 20 calls of waitAsync()', async (name) => {
    const path = zeros();
    using mapping = map(path);
    await withActors([name, name], async (blocked, waiting) => {
      const wait = blocked?.run('wait', path, 8, 0);
      const waits = waiting?.run('waitAsync', path, 8, 0, 20);
      // Whether they wait already or not: each sees the change, or is notified after it.
      Atomics.store(new Int32Array(mapping.arrayBuffer(8, 4)), 0, 1);
      mapping.notify(8);
      const results = [await wait, await waits].flatMap((outcome) => outcome?.value as string | string[]);
      expect(results).toHaveLength(21);
      expect(results.filter((result) => result !== 'ok' && result !== 'not-equal')).toEqual([]);
    });
  });

  test.each(others.flatMap((name) => [false, true].map((blocking) => [name, blocking] as const)))(
    'ping-pong with %s, which blocks: %s',
    async (name, blocking) => {
      const path = zeros();
      const rounds = 500;
      using mapping = map(path);
      const words = new Int32Array(mapping.arrayBuffer(0, 4));
      await withActors([name], async (actor) => {
        const pong = actor?.run('pong', path, rounds, blocking);
        for (let turn = 0; turn < 2 * rounds; turn += 2) {
          Atomics.store(words, 0, turn + 1);
          mapping.notify(0);
          while (Atomics.load(words, 0) === turn + 1) await mapping.waitAsync(0, turn + 1);
        }
        expect(await pong).toEqual({ value: undefined });
        expect(words[0]).toBe(2 * rounds);
      });
    },
  );

  test('a semaphore: notify(offset, 1) for each permit, 60 waiting calls in two processes and a worker; no permit is left', async () => {
    const path = zeros();
    const permits = 1000;
    using mapping = map(path);
    const words = new Int32Array(mapping.arrayBuffer(0, 12));
    await withActors(['another process', 'another process', 'a worker thread'], async (...actors) => {
      const taking = actors.map((actor) => actor.run('acquire', path, 20));
      for (let i = 0; i < permits; i++) {
        Atomics.add(words, 0, 1);
        mapping.notify(0, 1);
        if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      // No further notify() until every permit is taken: a lost wake-up would leave one behind.
      while (Atomics.load(words, 2) !== permits) await new Promise((resolve) => setTimeout(resolve, 1));
      Atomics.store(words, 1, 1);
      Atomics.store(words, 0, 60);
      mapping.notify(0);
      expect(await Promise.all(taking)).toEqual([{ value: undefined }, { value: undefined }, { value: undefined }]);
      expect(words[0]).toBe(0);
    });
  });

  test('the process that should notify is killed: the timeout ends the wait', async () => {
    const path = zeros();
    using mapping = map(path);
    await withActors(['another process'], async (actor) => {
      expect(await actor?.run('notify', path, 0)).toEqual({ value: 0 });
      const wait = mapping.waitAsync(0, 0, { timeout: 100 });
      await actor?.kill();
      expect(await wait).toBe('timed-out');
    });
  });

  test.each(others)('%s that is killed while it waits takes no wake-up after its end', async (name) => {
    const path = zeros();
    using mapping = map(path);
    const words = new Int32Array(mapping.arrayBuffer(0, 4));
    await withActors([name, name], async (blocked, waiting) => {
      const wait = blocked?.run('wait', path, 0, 0).catch(() => 'killed');
      const waits = waiting?.run('waitAsync', path, 0, 0, 20).catch(() => 'killed');
      await Promise.all([blocked?.kill(), waiting?.kill()]);
      expect([await wait, await waits]).toEqual(['killed', 'killed']);
      const mine = mapping.waitAsync(0, 0);
      Atomics.store(words, 0, 1);
      mapping.notify(0, 1);
      expect(await mine).toBe('ok');
      expect(mapping.notify(0)).toBe(0);
    });
  });
});
