import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { map } from '../../lib/index.js';
import { describeBackends } from '../support/backends.js';
import { expectSystemError, thrown } from '../support/errors.js';
import { expectedGranularity } from '../support/expected-granularity.js';
import { Scratch } from '../support/scratch.js';
import { misplaced, watermark } from '../support/watermark.js';

const LENGTH = 2 ** 20; // more than is flushed on the calling thread
const scratch = new Scratch();

describeBackends('resize() while persistAsync() runs', (backend) => {
  // On 'byte' a flush is a fence: it is over before persistAsync() returns.
  const runs = backend === 'emulated' || expectedGranularity(backend) !== 'byte';

  test(runs ? 'shrinking is EBUSY, and changes nothing' : "shrinking is allowed on 'byte': nothing runs", async () => {
    const path = scratch.sparse(LENGTH);
    using mapping = map(path, { backend });
    const whole = mapping.buffer;
    whole.set(watermark(0, LENGTH));
    const raw = mapping.arrayBuffer();
    const running = mapping.persistAsync();
    if (runs) {
      for (const length of [1, LENGTH / 2, LENGTH - 1])
        expectSystemError(
          thrown(() => mapping.resize(length)),
          'EBUSY',
          'resize',
          path,
        );
      expect([mapping.length, whole.length, raw.byteLength]).toEqual([LENGTH, LENGTH, LENGTH]);
      expect(misplaced(whole, 0)).toBeUndefined();
    }
    await running;
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    mapping.resize(LENGTH / 2);
    expect([mapping.length, whole.length]).toEqual([LENGTH / 2, 0]);
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
  });

  test.each([
    ['in its reserve', { reserve: 4 * LENGTH }],
    ['to another place', {}],
  ])('growing %s is allowed: the flush ends on the bytes that it was asked for', async (_how, options) => {
    const path = scratch.sparse(LENGTH);
    using mapping = map(path, { backend, ...options });
    mapping.buffer.set(watermark(0, LENGTH));
    const running = mapping.persistAsync();
    mapping.resize(2 * LENGTH);
    mapping.view(LENGTH, LENGTH).set(watermark(LENGTH, LENGTH));
    const next = mapping.persistAsync();
    await Promise.all([running, next]);
    expect(misplaced(mapping.buffer, 0)).toBeUndefined();
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
  });

  test('to the same length is nothing, and allowed', async () => {
    using mapping = map(scratch.sparse(LENGTH), { backend });
    const { buffer } = mapping;
    buffer.fill(1);
    const running = mapping.persistAsync();
    mapping.resize(LENGTH);
    expect(buffer.length).toBe(LENGTH);
    await running;
    expect(mapping.buffer.equals(Buffer.alloc(LENGTH, 1))).toBe(true);
  });

  test('a part that is cut off while its flush waits: the flush is refused, not done elsewhere', async () => {
    const path = scratch.sparse(LENGTH);
    using mapping = map(path, { backend });
    using other = map(path, { backend });
    mapping.buffer.fill(1);
    other.buffer.fill(1, 0, 10);
    // One flush of a file runs at a time: this one holds the others back, and is not of the mapping that shrinks.
    const first = other.persistAsync();
    const cut = mapping.persistAsync(LENGTH - 10, 10);
    if (!runs) {
      expect(await Promise.all([first, cut])).toEqual([undefined, undefined]);
      return;
    }
    mapping.resize(LENGTH - 10);
    await first;
    await expect(cut).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    await mapping.persistAsync();
    expect(
      readFileSync(path)
        .subarray(0, LENGTH - 10)
        .equals(Buffer.alloc(LENGTH - 10, 1)),
    ).toBe(true);
  });
});
