// wait(), waitAsync() and notify() within one process. Other processes: processes.test.ts.
import { describe, expect, test } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { truncateSync } from 'node:fs';
import { anonymous, constants, map, mmap, type Mapping, type WaitOptions } from '../../lib/index.js';
import { describeBackends, native } from '../support/backends.js';
import { expectMisuse, expectSystemError, rejected, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();
const LENGTH = 65536;
const PAGE = constants.PAGE_SIZE;

/** A file of zeros. */
function zeros(): string {
  return scratch.file(Buffer.alloc(LENGTH));
}

function words(mapping: Mapping): Int32Array {
  return new Int32Array(mapping.arrayBuffer());
}

/** Counts the promises that have ended, by their value. */
function ends(promises: readonly Promise<unknown>[]): { count: number } {
  const counted = { count: 0 };
  for (const promise of promises) void promise.then(() => counted.count++);
  return counted;
}

/** Enough turns for every result that is under way on this thread. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

native.describe('wait()', () => {
  test('with another value it is not-equal, at once', () => {
    using mapping = map(zeros());
    expect(mapping.wait(0, 1)).toBe('not-equal');
    expect(mapping.wait(LENGTH - 4, -1)).toBe('not-equal');
  });

  test.each([
    [0, 0],
    [0, -5],
    [5, 5],
    [150, 150], // longer than a slice
    [0.25, 0.25],
  ])('of %s ms times out, and not before', (timeout, least) => {
    using mapping = map(zeros());
    const start = performance.now();
    expect(mapping.wait(8, 0, timeout)).toBe('timed-out');
    expect(performance.now() - start).toBeGreaterThanOrEqual(Math.max(0, least) - 0.1);
  });

  test.each([
    ['-1', -1, -1],
    ['0xffffffff', 0xffffffff, -1],
    ['2 ** 31', 2 ** 31, -(2 ** 31)],
    ['-(2 ** 31)', -(2 ** 31), -(2 ** 31)],
    ['2 ** 31 - 1', 2 ** 31 - 1, 2 ** 31 - 1],
  ])('expects %s in the 32 bits of the word', async (_shown, expected, stored) => {
    using mapping = map(zeros());
    words(mapping)[1] = stored;
    expect(mapping.wait(4, expected, 0)).toBe('timed-out');
    expect(await mapping.waitAsync(4, expected, { timeout: 0 })).toBe('timed-out');
    words(mapping)[1] = stored ^ 1;
    expect(mapping.wait(4, expected, 0)).toBe('not-equal');
    expect(await mapping.waitAsync(4, expected)).toBe('not-equal');
  });

  test('the word lies at its own offset of a mapping in the middle of a file', () => {
    const path = zeros();
    using whole = map(path);
    using part = map(path, { offset: PAGE, length: PAGE });
    words(whole)[(PAGE + 12) / 4] = 9;
    expect(part.wait(12, 9, 0)).toBe('timed-out');
    expect(part.wait(8, 9)).toBe('not-equal');
  });

  test('memory of anonymous() and of mmap() has words, too', async () => {
    using memory = anonymous(PAGE);
    const notified = memory.waitAsync(0, 0);
    expect(memory.notify(0)).toBe(1);
    expect(await notified).toBe('ok');
    using raw = mmap(
      PAGE,
      constants.PROT_READ | constants.PROT_WRITE,
      constants.MAP_SHARED | constants.MAP_ANONYMOUS,
      -1,
    );
    expect(raw.wait(0, 0, 1)).toBe('timed-out');
  });
});

native.describe('waitAsync() and notify()', () => {
  test('a notify() right after the call, or a turn later, ends the wait; the word need not change in one process', async () => {
    using mapping = map(zeros());
    for (let i = 0; i < 50; i++) {
      const notified = mapping.waitAsync(4, 0);
      if (i % 2 === 1) await turns();
      expect(mapping.notify(4)).toBe(1);
      expect(await notified).toBe('ok');
    }
    expect(mapping.notify(4)).toBe(0);
  });

  test('a notify() of another word ends nothing', async () => {
    using mapping = map(zeros());
    const wait = mapping.waitAsync(4, 0, { timeout: 50 });
    expect(mapping.notify(0)).toBe(0);
    expect(mapping.notify(8)).toBe(0);
    expect(await wait).toBe('timed-out');
  });

  test('another mapping of the file meets the same word', async () => {
    const path = zeros();
    using waiting = map(path, { offset: PAGE });
    using notifying = map(path);
    const wait = waiting.waitAsync(16, 0);
    Atomics.store(words(notifying), (PAGE + 16) / 4, 1);
    notifying.notify(PAGE + 16);
    expect(await wait).toBe('ok');
  });

  test.each([[0], [1], [2], [19], [20], [21], [2 ** 53 - 1]])(
    'of 20 waits for one word notify(offset, %s) ends as many as it says',
    async (count) => {
      using mapping = map(zeros());
      for (const settle of [false, true]) {
        const waits = Array.from({ length: 20 }, () => mapping.waitAsync(64, 0));
        const ended = ends(waits);
        if (settle) await turns();
        const all = Math.min(count, 20);
        expect(mapping.notify(64, count)).toBeLessThanOrEqual(all);
        while (ended.count < all) await turns();
        await turns();
        expect(ended.count).toBe(all);
        mapping.notify(64);
        expect(new Set(await Promise.all(waits))).toEqual(new Set(['ok']));
      }
    },
  );

  test('the waits for one word end in the order of the calls', async () => {
    using mapping = map(zeros());
    const order: number[] = [];
    const waits = [0, 1, 2, 3, 4].map(async (i) => {
      await mapping.waitAsync(64, 0);
      order.push(i);
    });
    for (let i = 0; i < 5; i++) {
      expect(mapping.notify(64, 1)).toBe(1);
      while (order.length <= i) await turns();
    }
    await Promise.all(waits);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  test('1,000 words that change and are notified at one moment: no wait is left', async () => {
    using mapping = map(zeros());
    const all = words(mapping);
    for (let round = 0; round < 5; round++) {
      const waits = Array.from({ length: 1000 }, (_each, i) => mapping.waitAsync(i * 64, round));
      for (let i = 0; i < 1000; i++) {
        Atomics.store(all, i * 16, round + 1);
        mapping.notify(i * 64, 1);
      }
      expect(new Set(await Promise.all(waits))).toEqual(new Set(['ok']));
    }
  });

  test('each timeout ends its own wait, not before its time, and other waits go on', async () => {
    using mapping = map(zeros());
    const waits = [60, 20, 40].map(async (timeout) => {
      const start = performance.now();
      const result = await mapping.waitAsync(0, 0, { timeout });
      return { result, inTime: performance.now() - start >= timeout - 0.1 };
    });
    const last = mapping.waitAsync(0, 0);
    for (const wait of waits) expect(await wait).toEqual({ result: 'timed-out', inTime: true });
    expect(mapping.notify(0)).toBe(1);
    expect(await last).toBe('ok');
  });

  test('an unlimited timeout, and one beyond every clock, does not end at once', async () => {
    using mapping = map(zeros());
    for (const timeout of [undefined, Infinity, Number.MAX_VALUE, 2 ** 53]) {
      const wait = mapping.waitAsync(0, 0, { timeout });
      await turns();
      mapping.notify(0);
      expect(await wait).toBe('ok');
    }
  });
});

native.describe('the end of a wait', () => {
  test('an abort rejects with the reason, and takes no notify() from others', async () => {
    using mapping = map(zeros());
    const controller = new AbortController();
    const reason = new Error('enough');
    const aborted = mapping.waitAsync(0, 0, { signal: controller.signal });
    const other = mapping.waitAsync(0, 0);
    await turns();
    controller.abort(reason);
    expect(await rejected(aborted)).toBe(reason);
    Atomics.store(words(mapping), 0, 1);
    mapping.notify(0, 1);
    expect(await other).toBe('ok');
  });

  test('an aborted signal rejects at once; a signal keeps no listener of a wait that has ended', async () => {
    using mapping = map(zeros());
    expect(await rejected(mapping.waitAsync(0, 0, { signal: AbortSignal.abort() }))).toHaveProperty(
      'name',
      'AbortError',
    );
    const { signal } = new AbortController();
    const waits = Array.from({ length: 30 }, () => mapping.waitAsync(0, 0, { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    mapping.notify(0);
    await Promise.all(waits);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('an abort after notify() comes too late, or hands the wake-up on', async () => {
    using mapping = map(zeros());
    for (let i = 0; i < 100; i++) {
      const controller = new AbortController();
      const first = mapping.waitAsync(0, 0, { signal: controller.signal });
      const second = mapping.waitAsync(0, 0);
      for (let turn = 0; turn < i % 4; turn++) await turns();
      expect(mapping.notify(0, 1)).toBe(1);
      controller.abort();
      const [{ status }] = await Promise.allSettled([first]);
      if (status === 'fulfilled') mapping.notify(0, 1);
      expect(await second).toBe('ok');
    }
  });

  test('close() rejects every wait of the mapping, and of no other', async () => {
    const path = zeros();
    const mapping = map(path);
    using other = map(path);
    const waits = Array.from({ length: 200 }, (_each, i) => mapping.waitAsync(4 * (i % 50), 0));
    const stays = other.waitAsync(0, 0);
    await turns();
    mapping.close();
    for (const wait of waits) expect((await rejected(wait)).code).toBe('ERR_MAPPING_CLOSED');
    Atomics.store(words(other), 0, 1);
    other.notify(0, 1);
    expect(await stays).toBe('ok');
  });

  test('close() right after the call rejects it', async () => {
    const mapping = map(zeros());
    const wait = mapping.waitAsync(0, 0);
    mapping.close();
    expect((await rejected(wait)).code).toBe('ERR_MAPPING_CLOSED');
  });

  test('a wait goes on when resize() moves the mapping; shrinking is EBUSY until it has ended', async () => {
    using mapping = map(zeros(), { length: 2 * PAGE });
    const wait = mapping.waitAsync(PAGE, 0);
    await turns();
    expectSystemError(
      thrown(() => mapping.resize(PAGE)),
      'EBUSY',
      'resize',
      mapping.path,
    );
    mapping.resize(LENGTH);
    Atomics.store(words(mapping), PAGE / 4, 1);
    mapping.notify(PAGE);
    expect(await wait).toBe('ok');
    mapping.resize(PAGE);
  });

  test('a word past the end of the file is EFAULT, and so is one that is truncated away', async () => {
    const path = zeros();
    using mapping = map(path);
    const wait = mapping.waitAsync(2 * PAGE, 0);
    const stays = mapping.waitAsync(0, 0);
    await turns();
    truncateSync(path, PAGE);
    for (const error of [
      thrown(() => mapping.wait(PAGE, 0)),
      thrown(() => mapping.notify(PAGE)),
      await rejected(mapping.waitAsync(PAGE, 0)),
    ])
      expectSystemError(error, 'EFAULT', 'futex', path);
    // One more wait makes the thread look at all of its words again.
    const last = mapping.waitAsync(0, 0);
    expectSystemError(await rejected(wait), 'EFAULT', 'futex', path);
    mapping.notify(0);
    expect([await stays, await last]).toEqual(['ok', 'ok']);
  });
});

describeBackends('where no other process shares the memory', (backend) => {
  const wrong = backend === 'native' ? (['read', 'copy'] as const) : (['read', 'write', 'copy'] as const);
  test.each(wrong)('access %s: EOPNOTSUPP with the remedy', async (access) => {
    const path = zeros();
    using mapping = map(path, { access, backend });
    for (const error of [
      thrown(() => mapping.wait(0, 0)),
      thrown(() => mapping.notify(0)),
      thrown(() => mapping.notify(0, 0)),
      await rejected(mapping.waitAsync(0, 0)),
    ]) {
      expectSystemError(error, 'EOPNOTSUPP', 'futex', path);
      expect(error.message).toMatch(backend === 'native' ? /access: 'write'/ : /native backend/);
    }
  });
});

describe('arguments', () => {
  const RANGE = 'ERR_OUT_OF_RANGE';
  const TYPE = 'ERR_INVALID_ARG_TYPE';
  const uses: readonly (readonly [string, (mapping: Mapping, offset: never) => unknown])[] = [
    ['wait', (mapping, offset) => mapping.wait(offset, 1)],
    ['waitAsync', (mapping, offset) => mapping.waitAsync(offset, 1)],
    ['notify', (mapping, offset) => mapping.notify(offset)],
  ];

  async function failureOf(call: () => unknown): ReturnType<typeof rejected> {
    return rejected((async () => call())());
  }

  describeBackends('of each', (backend) => {
    test.each(uses)('%s(): an offset that is no multiple of 4, or leaves no room for a word', async (_name, use) => {
      using mapping = map(zeros(), { backend, length: PAGE + 2 });
      for (const offset of [1, 2, 3, PAGE - 2])
        expectMisuse(await failureOf(() => use(mapping, offset as never)), RANGE, 'offset');
      for (const offset of [PAGE, PAGE + 2])
        expectMisuse(await failureOf(() => use(mapping, offset as never)), RANGE, 'length');
      for (const offset of [PAGE + 4, -4, 2 ** 53, NaN])
        expectMisuse(await failureOf(() => use(mapping, offset as never)), RANGE, 'offset');
      for (const offset of ['0', 0n, undefined, null])
        expectMisuse(await failureOf(() => use(mapping, offset as never)), TYPE, 'offset');
    });
  });

  native.test('expected, timeout and count', async () => {
    using mapping = map(zeros());
    for (const expected of [2 ** 32, -(2 ** 31) - 1, 0.5, NaN, Infinity]) {
      expectMisuse(
        thrown(() => mapping.wait(0, expected)),
        RANGE,
        'expected',
      );
      expectMisuse(await rejected(mapping.waitAsync(0, expected)), RANGE, 'expected');
    }
    for (const expected of ['0', 0n, undefined, null] as never[]) {
      expectMisuse(
        thrown(() => mapping.wait(0, expected)),
        TYPE,
        'expected',
      );
      expectMisuse(await rejected(mapping.waitAsync(0, expected)), TYPE, 'expected');
    }
    expectMisuse(
      thrown(() => mapping.wait(0, 0, NaN)),
      RANGE,
      'timeout',
    );
    expectMisuse(
      thrown(() => mapping.wait(0, 0, '1' as never)),
      TYPE,
      'timeout',
    );
    expectMisuse(await rejected(mapping.waitAsync(0, 0, { timeout: NaN })), RANGE, 'options.timeout');
    expectMisuse(await rejected(mapping.waitAsync(0, 0, { timeout: null as never })), TYPE, 'options.timeout');
    expectMisuse(await rejected(mapping.waitAsync(0, 0, { signal: {} as never })), TYPE, 'options.signal');
    expectMisuse(await rejected(mapping.waitAsync(0, 0, 5 as never)), TYPE, 'options');
    expectMisuse(await rejected(mapping.waitAsync(0, 0, { timeuot: 5 } as never)), 'ERR_INVALID_ARG_VALUE', 'options');
    for (const count of [-1, 1.5, NaN, -Infinity])
      expectMisuse(
        thrown(() => mapping.notify(0, count)),
        RANGE,
        'count',
      );
    expectMisuse(
      thrown(() => mapping.notify(0, '1' as never)),
      TYPE,
      'count',
    );
    expect(mapping.notify(0, Infinity)).toBe(0);
  });

  native.test('a getter of the options that closes the mapping', async () => {
    const mapping = map(zeros());
    const options: WaitOptions = {
      get timeout() {
        mapping.close();
        return 1;
      },
    };
    expect((await rejected(mapping.waitAsync(0, 0, options))).code).toBe('ERR_MAPPING_CLOSED');
  });
});
