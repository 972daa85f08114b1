// The channels of node:diagnostics_channel, and the counts of flushes.
import { afterEach, expect, test } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { truncateSync } from 'node:fs';
import { map, seals, stats, type ChannelMessages } from '../../lib/index.js';
import { describeBackends, native } from '../support/backends.js';
import { thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();
const SIZE = 65536;
let undo: (() => void)[] = [];

afterEach(() => {
  for (const each of undo) each();
  undo = [];
});

/** Listens to one channel. */
function heardOn<Name extends keyof ChannelMessages>(name: Name): ChannelMessages[Name][] {
  const heard: ChannelMessages[Name][] = [];
  const listener = (message: unknown): void => void heard.push(message as ChannelMessages[Name]);
  subscribe(name, listener);
  undo.push(() => unsubscribe(name, listener));
  return heard;
}

describeBackends('diagnostics_channel', (backend) => {
  test('mapdirect:map and mapdirect:close tell of the life of a mapping', () => {
    const path = scratch.file(SIZE);
    const [maps, closes] = [heardOn('mapdirect:map'), heardOn('mapdirect:close')];
    const mapping = map(path, { backend, access: 'read' });
    const facts = { path, offset: 0, length: SIZE, access: 'read' };
    expect(maps).toEqual([{ ...facts, durability: mapping.durability }]);
    expect(closes).toEqual([]);
    mapping.close();
    mapping.close();
    expect(closes).toEqual([{ ...facts, leaked: false }]);
  });

  test('mapdirect:error has the error of a system call, and no wrong argument', () => {
    const path = scratch.path('missing');
    const errors = heardOn('mapdirect:error');
    expect(thrown(() => map(path, { backend, size: -1 }))).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    expect(errors).toEqual([]);
    const error = thrown(() => map(path, { backend }));
    expect(errors).toEqual([{ operation: 'map', path, error }]);
    expect(errors[0]?.error).toBe(error);
  });

  test('mapdirect:error: a close() that is refused', () => {
    const path = scratch.file(SIZE);
    const errors = heardOn('mapdirect:error');
    const mapping = map(path, { backend });
    const pin = mapping.pin();
    const error = thrown(() => mapping.close());
    expect(errors).toEqual([{ operation: 'close', path, error }]);
    pin.release();
    mapping.close();
  });

  test('mapdirect:seal: a file was sealed', () => {
    const path = scratch.file(SIZE);
    const seals = heardOn('mapdirect:seal');
    const mapping = map(path, { backend });
    const result = ((): unknown => {
      try {
        return mapping.seal({ policy: 'exclusive' });
      } catch (error) {
        return error; // no seals on this file system
      }
    })();
    expect(seals).toEqual(
      result instanceof Error ? [] : [{ path, policy: 'exclusive', enforcement: mapping.seals[0]?.enforcement }],
    );
    mapping.close();
  });

  test('mapdirect:break: a seal is asked to give way', async () => {
    const path = scratch.file(SIZE);
    const breaks = heardOn('mapdirect:break');
    using mapping = map(path, { backend, direct: { policy: 'breakable', deadline: 60_000 } });
    const [seal] = mapping.seals;
    if (seal === undefined) return expect(breaks).toEqual([]); // no seals on this backend
    const { policy, enforcement } = seal;
    seal.once('break', ({ release }) => release());
    await seals.requestBreak(path);
    const deadline = expect.any(Number) as unknown;
    expect(breaks).toEqual([{ path, policy, enforcement, event: 'break', deadline }]);
    const [{ deadline: left } = { deadline: NaN }] = breaks as { deadline: number }[];
    expect(left > 0 && left <= 60_000).toBe(true); // the time that is left
  });

  test('a subscriber may close the mapping', () => {
    const mapping = map(scratch.file(SIZE), { backend });
    const listener = (): void => mapping.close();
    subscribe('mapdirect:persist', listener);
    undo.push(() => unsubscribe('mapdirect:persist', listener));
    mapping.buffer.fill(1);
    mapping.persist();
    mapping.close();
    expect(mapping.closed).toBe(true);
  });
});

describeBackends('flushes of pages', (backend) => {
  test('are counted and published, but not those of memory without a disk', async () => {
    const path = scratch.file(SIZE);
    const persists = heardOn('mapdirect:persist');
    const mapping = map(path, { backend });
    const { granularity, domain } = mapping.durability;
    const isCounted = granularity === 'page' && (backend === 'emulated' || domain !== 'volatile');
    const before = stats().flushes;
    mapping.persist(0, 10);
    mapping.persistRanges([
      [0, 8],
      [8192, 8],
    ]);
    await mapping.persistAsync(4096, 4096);
    mapping.close();
    const { count, failures, milliseconds, longest, histogram } = stats().flushes;
    expect([count - before.count, failures - before.failures]).toEqual([isCounted ? 3 : 0, 0]);
    expect(histogram.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(count);
    expect(histogram.map(({ upTo }) => upTo)).toEqual([0.1, 1, 10, 100, 1000, Infinity]);
    expect(longest).toBeLessThanOrEqual(milliseconds);
    const common = { path, duration: expect.any(Number) as unknown, error: undefined };
    expect(persists.map((message) => ({ ...message, length: message.length > 0 }))).toEqual(
      isCounted
        ? [
            { ...common, offset: 0, length: true, asynchronous: false },
            { ...common, offset: 0, length: true, asynchronous: false },
            { ...common, offset: 4096, length: true, asynchronous: true },
          ]
        : [],
    );
  });
});

native.test('mapdirect:fault: a part of a mapping is lost', () => {
  const path = scratch.file(SIZE);
  const faults = heardOn('mapdirect:fault');
  using mapping = map(path, { backend: 'native' });
  truncateSync(path, SIZE / 2);
  expect(mapping.buffer[SIZE / 2]).toBe(0);
  expect(thrown(() => mapping.persist())).toMatchObject({ code: 'ERR_MAPPING_FAULT' });
  expect(faults).toEqual([{ path, offset: SIZE / 2, length: SIZE / 2, reason: 'truncated' }]);
});
