// The transfers of a registration of io_uring, over a ring in TypeScript.
import { constants } from 'node:os';
import { expect, test } from '@jest/globals';
import { RING_DEPTH, type RegisteredRing, type RingTransfer } from '../../../lib/backend/registrations.js';
import { RingQueue } from '../../../lib/registration/ring-queue.js';
import { rejected } from '../../support/errors.js';

const EIO = -constants.errno.EIO;

/** The test completes its transfers. */
class FakeRing implements RegisteredRing {
  readonly id = 1;
  readonly submitted: RingTransfer[] = [];
  drops = 0;
  failure = 0;
  private readonly completions: number[] = [];
  private wake: ((result: number) => void) | undefined;

  submit(transfer: RingTransfer): number {
    this.submitted.push(transfer);
    return 0;
  }

  reap(into: Float64Array): number | Promise<number> {
    if (this.failure < 0) return this.failure;
    const taken = this.completions.splice(0);
    into.set(taken);
    return taken.length > 0 ? taken.length / 2 : new Promise((resolve) => (this.wake = resolve));
  }

  drop(): void {
    this.drops++;
  }

  complete({ request }: RingTransfer, result: number): void {
    this.completions.push(request, result);
    this.wake?.(0);
  }

  fail(result: number): void {
    this.failure = result;
    this.wake?.(0);
  }
}

function bench(): { ring: FakeRing; queue: RingQueue; read: (length?: number) => Promise<number> } {
  const ring = new FakeRing();
  const queue = new RingQueue(ring, '/the/file');
  const read = (length = 1): Promise<number> =>
    queue.transfer({ operation: 'read', fd: 3, position: 0, offset: 0, length });
  return { ring, queue, read };
}

test('each transfer has the result of its own request, in any order', async () => {
  const { ring, read } = bench();
  const [first, second] = [read(10), read(20)];
  ring.complete(ring.submitted[1]!, 20);
  expect(await second).toBe(20);
  ring.complete(ring.submitted[0]!, EIO);
  expect(await rejected(first)).toMatchObject({ code: 'EIO', syscall: 'read', path: '/the/file' });
});

test('more than the ring has room for is EAGAIN, and is not submitted', async () => {
  const { ring, read } = bench();
  const all = Array.from({ length: RING_DEPTH }, () => read());
  expect(await rejected(read())).toMatchObject({ code: 'EAGAIN' });
  expect(new Set(ring.submitted.map(({ request }) => request)).size).toBe(RING_DEPTH);
  for (const transfer of ring.submitted.slice(0, RING_DEPTH)) ring.complete(transfer, 1);
  expect(new Set(await Promise.all(all))).toEqual(new Set([1]));
});

test('the ring is dropped at the end of the registration', () => {
  const { ring, queue } = bench();
  queue.ended();
  expect(ring.drops).toBe(1);
});

test('the ring is dropped after the last transfer, if one was under way', async () => {
  const { ring, queue, read } = bench();
  const reading = read();
  queue.ended();
  expect(ring.drops).toBe(0);
  ring.complete(ring.submitted[0]!, 1);
  expect(await reading).toBe(1);
  await new Promise(setImmediate);
  expect(ring.drops).toBe(1);
});

test('a ring whose completions cannot be read rejects all transfers', async () => {
  const { ring, read } = bench();
  const all = [read(), read()].map(rejected);
  await new Promise(setImmediate);
  ring.fail(EIO);
  for (const error of await Promise.all(all)) expect(error).toMatchObject({ code: 'EIO' });
});
