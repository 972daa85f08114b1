import { constants } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { errno } from '../../../lib/core/errors.js';
import { requestKinds, type PostRequest } from '../../../lib/rdma/post.js';
import { RequestQueue, type OperationRequest } from '../../../lib/rdma/request-queue.js';
import { rejected } from '../../support/errors.js';
import { FakeDevice } from '../../support/fake-verbs.js';

const ENDPOINT = 7;
const DEPTH = 2;
const MOST_WAITING = 2 ** 16;

/** Requests of `length` bytes each, whose addresses tell them apart. */
const requests = (address: bigint, count = 1): PostRequest[] =>
  Array.from({ length: count }, (_, n) => ({
    operation: requestKinds.write,
    length: 8,
    key: 1,
    address: address + BigInt(n),
  }));

interface Bench {
  readonly device: FakeDevice;
  readonly queue: RequestQueue;
  readonly failures: unknown[];
  add(address: number, more?: Partial<OperationRequest>): Promise<bigint>;
  /** The addresses that are with the device. */
  sent(): number[];
}

function bench({ depth = DEPTH, busyPoll = 0 } = {}): Bench {
  const device = new FakeDevice();
  const failures: unknown[] = [];
  const failed = (error: unknown): unknown => failures.push(error);
  const queue = new RequestQueue(device, { endpoint: ENDPOINT, depth, busyPoll, failed });
  const add = (address: number, more?: Partial<OperationRequest>): Promise<bigint> =>
    queue.add({ name: 'write', requests: requests(BigInt(address)), ...more });
  return { device, queue, failures, add, sent: () => device.posted.map(({ address }) => Number(address)) };
}

/** What a promise has come to: 'waits', its value, or its error. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.catch((error: unknown) => error);
  return Promise.race([settled, setImmediate('waits')]);
}

describe('the queue of an endpoint', () => {
  test('gives the device as many requests as it takes, in the order of the calls', async () => {
    const { device, add, sent } = bench();
    const all = [10, 20, 30, 40].map((address) => add(address));
    expect(sent()).toEqual([10, 20]);
    device.complete(1);
    await all[0];
    expect(sent()).toEqual([20, 30]);
    device.complete(2);
    await all[2];
    expect(sent()).toEqual([40]);
    device.complete(1);
    expect(await Promise.all(all)).toEqual([0n, 0n, 0n, 0n]);
  });

  test('resolves a call of several requests at the last of them', async () => {
    const { device, add, sent } = bench();
    const long = add(10, { requests: requests(10n, 3) });
    const next = add(20);
    expect(sent()).toEqual([10, 11]);
    device.complete(2);
    expect(await outcome(long)).toBe('waits');
    expect(sent()).toEqual([12, 20]);
    device.complete(2);
    expect(await Promise.all([long, next])).toEqual([0n, 0n]);
  });

  test('gives the device the requests of a call together, with one completion for all', async () => {
    const { device, add } = bench({ depth: 8 });
    const all = [add(10, { requests: requests(10n, 3) }), add(20), add(30, { requests: requests(30n, 4) })];
    expect(device.posted.map(({ isLast }) => isLast)).toEqual([false, false, true, true, false, false, false, true]);
    expect(new Set(device.posted.map(({ slot }) => slot)).size).toBe(8);
    device.complete(2);
    expect(await outcome(all[0]!)).toBe('waits');
    device.complete(6);
    expect(await Promise.all(all)).toEqual([0n, 0n, 0n]);
    const again = add(40, { requests: requests(40n, 8) });
    expect(new Set(device.posted.map(({ slot }) => slot)).size).toBe(8);
    device.complete(8);
    expect(await again).toBe(0n);
  });

  test('lets other events have their turn while a fast device completes something at every look', async () => {
    const { device, add } = bench({ depth: 64 });
    const { rdmaReap } = device.addon;
    device.addon.rdmaReap = (...args) => {
      device.complete(1);
      return rdmaReap(...args);
    };
    let done = 0;
    const all = Array.from({ length: 64 }, async (_, n) => {
      await add(n);
      done++;
    });
    await setImmediate();
    expect(done).toBeLessThan(64);
    await Promise.all(all);
  });

  test('takes more completions than one call returns', async () => {
    const { device, add } = bench({ depth: 100 });
    const all = Array.from({ length: 100 }, (_, n) => add(n));
    device.complete(100);
    expect(new Set(await Promise.all(all))).toEqual(new Set([0n]));
  });

  test.each([
    ['compareExchange', requestKinds.compareExchange],
    ['fetchAdd', requestKinds.fetchAdd],
  ])('%s gives what was there before', async (name, operation) => {
    const { device, queue } = bench();
    device.value = 2n ** 64n - 1n;
    const done = queue.add({ name, requests: [{ operation, length: 8, key: 1, address: 8n }] });
    device.complete(1);
    expect(await done).toBe(2n ** 64n - 1n);
  });

  test('refuses more than it can keep: EAGAIN', async () => {
    const { add, queue } = bench({ depth: 1 });
    const all = Array.from({ length: MOST_WAITING + 1 }, (_, n) => add(n));
    expect(await rejected(add(0))).toMatchObject({ code: 'EAGAIN', syscall: 'ibv_post_send' });
    queue.close();
    const ends = await Promise.allSettled(all);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toEqual([]);
  });
});

describe('a signal', () => {
  test('takes back a call that waits, and not one that is with the device', async () => {
    const { device, add, sent } = bench({ depth: 1 });
    const [sentOne, waiting] = [new AbortController(), new AbortController()];
    const first = add(10, { signal: sentOne.signal });
    const second = add(20, { signal: waiting.signal });
    const third = add(30);
    const reason = new Error('changed my mind');
    sentOne.abort(reason);
    waiting.abort(reason);
    expect(await rejected(second)).toBe(reason);
    expect(await outcome(first)).toBe('waits');
    device.complete(1);
    expect(await first).toBe(0n);
    expect(sent()).toEqual([30]);
    device.complete(1);
    await third;
  });

  test('does not take back a call of which one request was sent', async () => {
    const { device, add } = bench({ depth: 1 });
    const controller = new AbortController();
    const long = add(10, { requests: requests(10n, 2), signal: controller.signal });
    controller.abort();
    device.complete(1);
    expect(await outcome(long)).toBe('waits');
    device.complete(1);
    expect(await long).toBe(0n);
  });
});

describe('the first error', () => {
  test('ends the queue: what was sent is flushed with it as the cause, and so is what waits', async () => {
    const { device, failures, add, sent } = bench();
    const all = [10, 20, 30].map((address) => rejected(add(address)));
    device.complete(1, 10);
    const error = await all[0];
    expect(error).toMatchObject({ code: 'ERR_RDMA_REMOTE_ACCESS', status: 10, operation: 'write' });
    expect(await all[2]).toMatchObject({ code: 'ERR_RDMA_FLUSHED', cause: error });
    device.complete(1, 5);
    expect(await all[1]).toMatchObject({ code: 'ERR_RDMA_FLUSHED', status: 5, cause: error });
    expect(await rejected(add(40))).toMatchObject({ code: 'ERR_RDMA_FLUSHED', cause: error });
    expect([failures, sent()]).toEqual([[error], []]);
  });

  test('of a call of several requests rejects it once', async () => {
    const { device, failures, add } = bench();
    const long = rejected(add(10, { requests: requests(10n, 3) }));
    device.complete(1, 12);
    device.complete(1, 5);
    expect(await long).toMatchObject({ code: 'ERR_RDMA_UNREACHABLE' });
    await setImmediate();
    expect(failures).toHaveLength(1);
  });

  test('in the middle of what was sent together is the error of its call', async () => {
    const { device, failures, add } = bench({ depth: 4 });
    const [first, second] = [rejected(add(10, { requests: requests(10n, 3) })), rejected(add(20))];
    device.complete(1);
    device.complete(1, 10);
    const error = await first;
    expect(error).toMatchObject({ code: 'ERR_RDMA_REMOTE_ACCESS' });
    device.complete(2, 5);
    expect(await second).toMatchObject({ code: 'ERR_RDMA_FLUSHED', cause: error });
    expect(failures).toEqual([error]);
  });

  test('can be an event of the device: what was sent still completes', async () => {
    const { device, queue, failures, add } = bench({ depth: 1 });
    const error = new Error('the device is gone');
    const [first, second] = [add(10), rejected(add(20))];
    queue.fail(error);
    queue.fail(new Error('again'));
    expect(await second).toMatchObject({ code: 'ERR_RDMA_FLUSHED', cause: error });
    device.complete(1);
    expect(await first).toBe(0n);
    expect(failures).toEqual([error]);
  });

  test('can be an event of the device between two requests of a call', async () => {
    const { device, queue, failures, add } = bench({ depth: 1 });
    const long = rejected(add(10, { requests: requests(10n, 3) }));
    queue.fail(new Error('the device is gone'));
    device.complete(1);
    expect(await long).toMatchObject({ code: 'ERR_RDMA_FLUSHED', cause: failures[0] });
  });

  test('can be that the completions cannot be read', async () => {
    const { device, failures, add } = bench();
    const pending = rejected(add(10));
    device.failReap(-constants.errno.EIO);
    expect(await pending).toMatchObject({ code: 'ERR_RDMA_FLUSHED', cause: failures[0] });
    expect(failures).toMatchObject([{ code: 'EIO', syscall: 'ibv_poll_cq' }]);
    expect(device.closed).toEqual([ENDPOINT]);
  });
});

describe('a request that the device does not take', () => {
  test('because the registration has ended: that call alone is rejected, nothing was sent', async () => {
    const { device, failures, add, sent } = bench();
    device.postResults.push(errno.ENOENT);
    expect(await rejected(add(10))).toMatchObject({ code: 'ERR_RDMA_LOCAL_PROTECTION', operation: 'write' });
    const next = add(20);
    expect([sent(), failures]).toEqual([[20], []]);
    device.complete(1);
    expect(await next).toBe(0n);
  });

  test('in the middle of what is sent together: nothing was sent, and the connection goes on', async () => {
    const { device, failures, add, sent } = bench();
    device.postResults.push(0, errno.ENOENT);
    const error = await rejected(add(10, { requests: requests(10n, 2) }));
    expect(error).toMatchObject({ code: 'ERR_RDMA_LOCAL_PROTECTION' });
    const next = add(20, { requests: requests(20n, 2) });
    expect([failures, device.closed, sent()]).toEqual([[], [], [20, 21]]);
    device.complete(2);
    expect(await next).toBe(0n);
  });

  test('after a part of a call was sent: the connection ends', async () => {
    const { device, failures, add } = bench();
    const first = add(10);
    device.postResults.push(0, errno.ENOENT);
    const error = rejected(add(20, { requests: requests(20n, 2) }));
    device.complete(1);
    expect(await first).toBe(0n);
    expect(await error).toMatchObject({ code: 'ERR_RDMA_LOCAL_PROTECTION' });
    expect(failures).toEqual([await error]);
    expect(device.closed).toEqual([ENDPOINT]);
  });

  test('in the middle of a call, after a part was done', async () => {
    const { device, failures, add } = bench({ depth: 1 });
    const long = rejected(add(10, { requests: requests(10n, 2) }));
    device.postResults.push(errno.EINVAL);
    device.complete(1);
    expect(await long).toMatchObject({ code: 'EINVAL' });
    expect(failures).toEqual([await long]);
  });

  test('for another reason: the errno, and the connection ends', async () => {
    const { device, failures, add } = bench();
    device.postResults.push(errno.EINVAL);
    const error = await rejected(add(10));
    expect(error).toMatchObject({ code: 'EINVAL', syscall: 'ibv_post_send' });
    expect(failures).toEqual([error]);
  });
});

test('close() rejects everything, and destroys the queue pair', async () => {
  const { device, queue, failures, add } = bench({ depth: 1 });
  const all = [add(10), add(20)].map(rejected);
  queue.close();
  for (const error of await Promise.all(all)) expect(error).toMatchObject({ code: 'ERR_RDMA_CLOSED' });
  expect(await rejected(add(30))).toMatchObject({ code: 'ERR_RDMA_CLOSED' });
  expect([device.closed, failures]).toEqual([[ENDPOINT], []]);
});

describe('before the queue sleeps', () => {
  const LONGEST = 1_000_000; // a second, of which a test needs some turns of the loop

  /** Some turns of the event loop. */
  async function turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await setImmediate();
  }

  test('it looks in each turn of the loop, and what is done then needs no event', async () => {
    const { device, add } = bench({ busyPoll: LONGEST });
    const done = add(10);
    await turns(5);
    device.complete(1);
    expect(await done).toBe(0n);
    expect(device.looks).toBeGreaterThan(3);
    expect(device.sleeps).toBe(0);
  });

  test('it looks for the given time only', async () => {
    const { device, add } = bench({ busyPoll: 1 });
    const done = add(10);
    while (device.sleeps === 0) await turns(1);
    const { looks } = device;
    await turns(5);
    expect(device.looks).toBe(looks);
    device.complete(1);
    expect(await done).toBe(0n);
  });

  test('it does not look at all with 0', async () => {
    const { device, add } = bench({ busyPoll: 0 });
    const done = add(10);
    await turns(1);
    expect([device.looks, device.sleeps]).toEqual([0, 1]);
    device.complete(1);
    expect(await done).toBe(0n);
  });

  test('it stops when the endpoint is closed', async () => {
    const { device, queue, add } = bench({ busyPoll: LONGEST });
    const refused = rejected(add(10));
    await turns(2);
    queue.close();
    expect(await refused).toMatchObject({ code: 'ERR_RDMA_CLOSED' });
    await turns(2);
    const { looks } = device;
    await turns(5);
    expect([device.looks, device.sleeps]).toEqual([looks, 0]);
  });

  test('an error of the library ends the connection', async () => {
    const { device, failures, add } = bench({ busyPoll: LONGEST });
    const refused = rejected(add(10));
    await turns(2);
    device.failReap(-constants.errno.EIO);
    expect(await refused).toMatchObject({ code: 'ERR_RDMA_FLUSHED', cause: { code: 'EIO', syscall: 'ibv_poll_cq' } });
    expect(failures).toHaveLength(1);
  });
});
