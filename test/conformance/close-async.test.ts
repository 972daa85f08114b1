import { describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { buffer as collect } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { constants, map, stats, type Mapping } from '../../lib/index.js';
import { describeBackends } from '../support/backends.js';
import { rejected, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { MIB } from '../support/sizes.js';
import { misplaced } from '../support/watermark.js';

const { PAGE_SIZE } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const scratch = new Scratch();

/** Turns of the event loop in which a promise that is free to settle does so. */
async function someTurns(): Promise<void> {
  for (let i = 0; i < 10; i++) await turn();
}

/** Counts the promises of a mapping's end that are settled. */
function isSettled(promise: Promise<unknown>): () => boolean {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  return () => settled;
}

describeBackends('closeAsync', (backend) => {
  const mapped = (length = LENGTH): Mapping => map(scratch.file(length), { backend });

  test('without requests it closes, as close() does', async () => {
    const before = stats();
    const mapping = mapped();
    const { buffer } = mapping;
    await expect(mapping.closeAsync()).resolves.toBeUndefined();
    expect([mapping.closed, mapping.length, buffer.length]).toEqual([true, 0, 0]);
    expect(stats()).toEqual(before);
  });

  test('stored bytes reach the file without persist', async () => {
    const mapping = mapped();
    const path = mapping.path ?? '';
    mapping.buffer.fill(7);
    await mapping.closeAsync();
    expect(readFileSync(path).equals(Buffer.alloc(LENGTH, 7))).toBe(true);
  });

  test('a second call returns the same promise, during the first and after it', async () => {
    const mapping = mapped();
    const first = mapping.closeAsync();
    expect(mapping.closeAsync()).toBe(first);
    await first;
    expect(mapping.closeAsync()).toBe(first);
  });

  test('after close() it resolves', async () => {
    const mapping = mapped();
    mapping.close();
    await expect(mapping.closeAsync()).resolves.toBeUndefined();
  });

  test('waits for the last pin; views and synchronous calls work until then', async () => {
    const mapping = mapped();
    const pins = [mapping.pin(), mapping.pin()];
    const view = mapping.view(0, 100);
    const closing = mapping.closeAsync();
    const settled = isSettled(closing);
    pins[0]?.release();
    pins[0]?.release(); // counts once
    await someTurns();
    expect([settled(), mapping.closed, misplaced(view, 0)]).toEqual([false, false, undefined]);
    mapping.write(Buffer.from('hello'), 50);
    expect(mapping.view(50, 5).toString()).toBe('hello');
    pins[1]?.release();
    await closing;
    expect([mapping.closed, view.length]).toEqual([true, 0]);
  });

  test.each([
    ['pin', (mapping: Mapping) => mapping.pin()],
    ['createReadStream', (mapping: Mapping) => mapping.createReadStream()],
    ['persistAsync', (mapping: Mapping) => mapping.persistAsync()],
    ['persistAsync of nothing', (mapping: Mapping) => mapping.persistAsync(0, 0)],
    ['prefetch', (mapping: Mapping) => mapping.prefetch()],
    ['sealAsync', (mapping: Mapping) => mapping.sealAsync()],
  ])('from its call on %s is ERR_MAPPING_CLOSED, and says why', async (_name, request) => {
    const mapping = mapped();
    const pin = mapping.pin();
    const closing = mapping.closeAsync();
    const error = await rejected((async () => request(mapping))());
    expect(error.code).toBe('ERR_MAPPING_CLOSED');
    expect(error.message).toContain('after closeAsync()');
    pin.release();
    await closing;
  });

  test('waits for persistAsync() and prefetch() that run or wait, and none is rejected', async () => {
    const path = scratch.file(MIB);
    const mapping = map(path, { backend });
    mapping.buffer.fill(9);
    // Ranges that do not touch: each is a flush of its own, and most of them wait.
    const flushes = Array.from({ length: 20 }, (_, i) => mapping.persistAsync(i * 32768, 16384));
    const all = Promise.allSettled([...flushes, mapping.prefetch()]);
    await mapping.closeAsync();
    expect(mapping.closed).toBe(true);
    expect(new Set((await all).map(({ status }) => status))).toEqual(new Set(['fulfilled']));
    expect(readFileSync(path).equals(Buffer.alloc(MIB, 9))).toBe(true);
  });

  test('waits for sealAsync(); the seal ends with the mapping', async () => {
    const mapping = mapped();
    const sealing = mapping.sealAsync();
    await mapping.closeAsync();
    expect((await sealing).state).toBe('released');
  });

  test('an asynchronous call that fails is no failure of closeAsync()', async () => {
    const mapping = mapped();
    const controller = new AbortController();
    controller.abort();
    const calls = [
      mapping.persistAsync(0, LENGTH + 1),
      mapping.prefetch(0, 1, { signal: controller.signal }),
      mapping.sealAsync({ signal: controller.signal }),
    ];
    const outcomes = Promise.allSettled(calls);
    await mapping.closeAsync();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(mapping.closed).toBe(true);
  });

  test('with 100 streams, read to the end or destroyed: after the last', async () => {
    const mapping = mapped(MIB);
    const streams = Array.from({ length: 100 }, (_, i) => mapping.createReadStream({ start: i * 1000 }));
    const read = streams.filter((_, i) => i % 4 !== 0).map(async (stream) => (await collect(stream)).length);
    const closing = mapping.closeAsync();
    const settled = isSettled(closing);
    const lengths = await Promise.all(read);
    expect(lengths).toEqual(streams.map((_, i) => MIB - i * 1000).filter((_, i) => i % 4 !== 0));
    await someTurns();
    expect(settled()).toBe(false); // 25 are not read
    for (const stream of streams) stream.destroy();
    await closing;
    expect(mapping.closed).toBe(true);
  });

  describe('close() meanwhile', () => {
    test('is EBUSY while pinned, and closeAsync() goes on', async () => {
      const mapping = mapped();
      const pin = mapping.pin();
      const closing = mapping.closeAsync();
      expect(thrown(() => mapping.close()).code).toBe('EBUSY');
      pin.release();
      await closing;
      expect(mapping.closed).toBe(true);
    });

    test('without a pin closes at once, and closeAsync() resolves after the requests have ended', async () => {
      const mapping = mapped(MIB);
      const stream = mapping.createReadStream();
      const ended = rejected(collect(stream));
      mapping.buffer.fill(1);
      const flushes = Array.from({ length: 20 }, (_, i) => mapping.persistAsync(i * 32768, 16384));
      const outcomes = Promise.allSettled(flushes);
      const closing = mapping.closeAsync();
      mapping.close();
      expect(mapping.closed).toBe(true);
      await closing;
      expect((await ended).code).toBe('ERR_MAPPING_CLOSED');
      const codes = (await outcomes).map((end) =>
        end.status === 'rejected' ? (end.reason as { code: string }).code : '',
      );
      expect(codes.every((code) => code === '' || code === 'ERR_MAPPING_CLOSED')).toBe(true);
      expect(codes).toContain('ERR_MAPPING_CLOSED');
    });
  });

  test('if close() fails it rejects, and the mapping is open, takes requests, and can be closed again', async () => {
    const mapping = mapped();
    const { resources } = mapping as unknown as { resources: { close(): void } };
    resources.close = () => {
      throw Object.assign(new Error('no room'), { code: 'ENOMEM' });
    };
    const failed = mapping.closeAsync();
    expect((await rejected(failed)).code).toBe('ENOMEM');
    expect(mapping.closed).toBe(false);
    delete (resources as Partial<typeof resources>).close; // the method of the prototype again
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    mapping.pin().release();
    expect(misplaced(await collect(mapping.createReadStream()), 0)).toBeUndefined();
    await mapping.persistAsync();
    expect(mapping.closeAsync()).not.toBe(failed);
    await mapping.closeAsync();
    expect(mapping.closed).toBe(true);
  });

  test('a fenced mapping closes', async () => {
    const mapping = mapped();
    const pin = mapping.pin();
    const ended = rejected(collect(mapping.createReadStream()));
    (mapping as unknown as { fence(): void }).fence();
    const closing = mapping.closeAsync();
    pin.release();
    await closing;
    expect([mapping.closed, (await ended).code]).toEqual([true, 'ERR_MAPPING_FAULT']);
  });

  test('await using closes at the end of the block, after the pins and streams of the block', async () => {
    let view: Buffer;
    let bytes: Promise<Buffer>;
    {
      await using mapping = mapped();
      view = mapping.view(0, 100);
      bytes = collect(mapping.createReadStream());
      using pin = mapping.pin();
      expect([view.length, pin[Symbol.toStringTag]]).toEqual([100, 'Pin']);
    }
    expect(view.length).toBe(0);
    expect(misplaced(await bytes, 0)).toBeUndefined();
  });

  test('the mapping of another thread or object is not waited for', async () => {
    const path = scratch.path();
    writeFileSync(path, Buffer.alloc(LENGTH));
    const [one, other] = [map(path, { backend }), map(path, { backend })];
    const pin = other.pin();
    await one.closeAsync();
    expect([one.closed, other.closed]).toEqual([true, false]);
    pin.release();
    other.close();
  });
});
