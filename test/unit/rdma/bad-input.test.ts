// The arguments of an Endpoint, without a device: a named error each, and nothing is sent.
import { afterEach, describe, expect, test } from '@jest/globals';
import { anonymous, type Mapping, type Registration } from '../../../lib/index.js';
import { encodeBlob, type ConnectionBlob } from '../../../lib/rdma/connection-blob.js';
import type { DeviceFacts } from '../../../lib/rdma/device-facts.js';
import { encodeDescriptor, type MemoryDescriptor } from '../../../lib/rdma/descriptor.js';
import { makeEndpoint } from '../../../lib/rdma/endpoint.js';
import { RdmaError, RemoteMemory, type Endpoint } from '../../../lib/rdma/index.js';
import type { OpenDomain } from '../../../lib/rdma/open-domain.js';
import { QueuePair } from '../../../lib/rdma/queue-pair.js';
import { native } from '../../support/backends.js';
import { expectMisuse, expectSystemError, rejected, thrown } from '../../support/errors.js';
import { domainOption, fakeDomain, FakeDevice } from '../../support/fake-verbs.js';
import { endpointOperations } from '../../support/rdma-members.js';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const VALUE = 'ERR_INVALID_ARG_VALUE';
const RANGE = 'ERR_OUT_OF_RANGE';
const SIZE = 65536;
const REMOTE_SIZE = 4096;
const gid = Buffer.alloc(16, 1);
const blob: ConnectionBlob = { isEthernet: true, mtu: 5, responderDepth: 16, pair: 1, packet: 2, gid, lid: 0 };

function remote(more: Partial<MemoryDescriptor> = {}): RemoteMemory {
  const access = ['remote-read', 'remote-write', 'remote-atomic', 'remote-flush'] as const;
  const whole = { access, key: 1, address: 4096n, length: REMOTE_SIZE, persistence: 'flush', onDemand: false, gid };
  return RemoteMemory.from(encodeDescriptor({ ...(whole as MemoryDescriptor), ...more }));
}

interface Bench {
  readonly device: FakeDevice;
  readonly domain: OpenDomain;
  readonly endpoint: Endpoint;
}

/** An endpoint that is not connected. */
function newEndpoint(facts: Partial<DeviceFacts> = {}): Bench {
  const device = new FakeDevice();
  const domain = fakeDomain(device, facts);
  const pair = new QueuePair(domain, { depth: 4, timeout: 2000, busyPoll: 0, accept: [] });
  return { device, domain, endpoint: makeEndpoint({ domain, pair, depth: 4, busyPoll: 0, closed: () => undefined }) };
}

/** An endpoint that is connected. */
function bench(facts?: Partial<DeviceFacts>): Bench {
  const all = newEndpoint(facts);
  all.endpoint.connect(encodeBlob(blob));
  return all;
}

const opened: Mapping[] = [];
const registrations: Registration[] = [];

function register(domain: OpenDomain): Registration {
  const mapping = anonymous(SIZE);
  opened.push(mapping);
  const registration = mapping.register({ domain: domainOption(domain) });
  registrations.push(registration);
  return registration;
}

afterEach(() => {
  for (const registration of registrations.splice(0)) registration.deregister();
  for (const mapping of opened.splice(0)) mapping.close();
});

type Call = (bench: Bench, local: Registration) => Promise<unknown>;
type Row = readonly [title: string, call: Call, code: string, argument: string];
const never = undefined as never;

const misuses: readonly Row[] = [
  ['write: no registration', ({ endpoint }) => endpoint.write(never, 0, remote(), 0, 8), TYPE, 'from'],
  ['write: a Buffer', ({ endpoint }) => endpoint.write(Buffer.alloc(8) as never, 0, remote(), 0, 8), TYPE, 'from'],
  ['write: no remote memory', ({ endpoint }, local) => endpoint.write(local, 0, never, 0, 8), TYPE, 'to'],
  [
    'write: a descriptor',
    ({ endpoint }, local) => endpoint.write(local, 0, Buffer.alloc(64) as never, 0, 8),
    TYPE,
    'to',
  ],
  [
    'write: the two exchanged',
    ({ endpoint }, local) => endpoint.write(remote() as never, 0, local as never, 0, 8),
    TYPE,
    'to',
  ],
  ['read: the two exchanged', ({ endpoint }, local) => endpoint.read(local as never, 0, local, 0, 8), TYPE, 'from'],
  ['read: no registration', ({ endpoint }) => endpoint.read(remote(), 0, never, 0, 8), TYPE, 'into'],
  ['write: 0 bytes', ({ endpoint }, local) => endpoint.write(local, 0, remote(), 0, 0), RANGE, 'length'],
  [
    'write: a length of text',
    ({ endpoint }, local) => endpoint.write(local, 0, remote(), 0, '8' as never),
    TYPE,
    'length',
  ],
  ['write: past the remote end', ({ endpoint }, local) => endpoint.write(local, 0, remote(), 4095, 2), RANGE, 'length'],
  [
    'write: before the remote start',
    ({ endpoint }, local) => endpoint.write(local, 0, remote(), -8, 8),
    RANGE,
    'offset',
  ],
  [
    'write: past the local end',
    ({ endpoint }, local) => endpoint.write(local, SIZE - 4, remote(), 0, 8),
    RANGE,
    'length',
  ],
  ['write: half an offset', ({ endpoint }, local) => endpoint.write(local, 0.5, remote(), 0, 8), RANGE, 'offset'],
  ['read: past the local end', ({ endpoint }, local) => endpoint.read(remote(), 0, local, SIZE, 8), RANGE, 'length'],
  [
    'write: an unknown option',
    ({ endpoint }, local) => endpoint.write(local, 0, remote(), 0, 8, { abort: 1 } as never),
    VALUE,
    'options',
  ],
  [
    'read: a signal that is none',
    ({ endpoint }, local) => endpoint.read(remote(), 0, local, 0, 8, { signal: {} as never }),
    TYPE,
    'options.signal',
  ],
  [
    'persist: options of text',
    ({ endpoint }, local) => endpoint.persist(local, 0, remote(), 0, 8, 'x' as never),
    TYPE,
    'options',
  ],
  [
    'flush: another placement',
    ({ endpoint }) => endpoint.flush(remote(), 0, 8, 'durable' as never),
    VALUE,
    'placement',
  ],
  ['flush: a placement of null', ({ endpoint }) => endpoint.flush(remote(), 0, 8, null as never), TYPE, 'placement'],
  ['flush: past the end', ({ endpoint }) => endpoint.flush(remote(), 0, REMOTE_SIZE + 1), RANGE, 'length'],
  ['writeAtomic: a number', ({ endpoint }) => endpoint.writeAtomic(remote(), 0, 1 as never), TYPE, 'value'],
  ['writeAtomic: 65 bits', ({ endpoint }) => endpoint.writeAtomic(remote(), 0, 2n ** 64n), RANGE, 'value'],
  ['writeAtomic: too negative', ({ endpoint }) => endpoint.writeAtomic(remote(), 0, -(2n ** 63n) - 1n), RANGE, 'value'],
  ['writeAtomic: unaligned', ({ endpoint }) => endpoint.writeAtomic(remote(), 4, 1n), RANGE, 'offset'],
  [
    'writeAtomic: unaligned memory',
    ({ endpoint }) => endpoint.writeAtomic(remote({ address: 4100n }), 0, 1n),
    RANGE,
    'offset',
  ],
  [
    'compareExchange: past the end',
    ({ endpoint }) => endpoint.compareExchange(remote(), REMOTE_SIZE, 0n, 1n),
    RANGE,
    'length',
  ],
  ['compareExchange: expected', ({ endpoint }) => endpoint.compareExchange(remote(), 0, never, 1n), TYPE, 'expected'],
  [
    'compareExchange: replacement',
    ({ endpoint }) => endpoint.compareExchange(remote(), 0, 0n, '1' as never),
    TYPE,
    'replacement',
  ],
  ['fetchAdd: the addend', ({ endpoint }) => endpoint.fetchAdd(remote(), 0, 2n ** 64n), RANGE, 'addend'],
];

native.describe('an operation with a wrong argument', () => {
  test.each(misuses)('%s', async (_title, call, code, argument) => {
    const all = bench();
    expectMisuse(await rejected(call(all, register(all.domain))), code, argument);
    expect(all.device.posted).toEqual([]);
    expect(all.endpoint.state).toBe('connected');
  });

  test('a registration without a device: ERR_INVALID_ARG_VALUE', async () => {
    const { endpoint, device } = bench();
    const mapping = anonymous(SIZE);
    opened.push(mapping);
    using registration = mapping.register();
    expectMisuse(await rejected(endpoint.write(registration, 0, remote(), 0, 8)), VALUE, 'from');
    expect(device.posted).toEqual([]);
  });

  test.each<readonly [string, Call]>([
    ['remote-write', ({ endpoint }, local) => endpoint.write(local, 0, remote({ access: ['remote-read'] }), 0, 8)],
    ['remote-read', ({ endpoint }, local) => endpoint.read(remote({ access: [] }), 0, local, 0, 8)],
    ['remote-flush', ({ endpoint }) => endpoint.flush(remote({ access: ['remote-write'] }), 0, 8)],
    ['remote-atomic', ({ endpoint }) => endpoint.fetchAdd(remote({ access: ['remote-write'] }), 0, 1n)],
  ])("memory that was registered without '%s': EACCES", async (right, call) => {
    const all = bench();
    const error = await rejected(call(all, register(all.domain)));
    expectSystemError(error, 'EACCES', 'ibv_post_send');
    expect(error.message).toContain(`'${right}'`);
    expect(all.device.posted).toEqual([]);
  });

  test.each<readonly [string, Partial<MemoryDescriptor>, Partial<DeviceFacts>, RegExp]>([
    ['memory that is not persistent', { persistence: 'none' }, {}, /owner calls mapping\.persist/],
    ['a device without FLUSH', {}, { flushVisible: false }, /no RDMA FLUSH/],
  ])('persist() and flush() to %s: EOPNOTSUPP, nothing is written', async (_title, memory, facts, why) => {
    const { endpoint, domain, device } = bench(facts);
    const to = remote(memory);
    for (const call of [endpoint.persist(register(domain), 0, to, 0, 8), endpoint.flush(to, 0, 8)]) {
      const error = await rejected(call);
      expectSystemError(error, 'EOPNOTSUPP', 'ibv_wr_flush');
      expect(error.message).toMatch(why);
    }
    expect(device.posted).toEqual([]);
  });

  test('writeAtomic() without ATOMIC WRITE: EOPNOTSUPP', async () => {
    const { endpoint } = bench({ atomicWrite: false });
    expectSystemError(await rejected(endpoint.writeAtomic(remote(), 0, 1n)), 'EOPNOTSUPP', 'ibv_wr_atomic_write');
  });

  test('a signal that has ended: its reason, and nothing is sent', async () => {
    const all = bench();
    const reason = new Error('too late');
    const options = { signal: AbortSignal.abort(reason) };
    expect(await rejected(all.endpoint.write(register(all.domain), 0, remote(), 0, 8, options))).toBe(reason);
    expect(all.device.posted).toEqual([]);
  });
});

native.test('a long write is cut at the longest message of the device, and bounds are those of the whole', async () => {
  const { endpoint, device, domain } = bench({ longestMessage: 1000 });
  const done = endpoint.write(register(domain), 0, remote(), 96, 4000);
  expect(device.posted.map(({ length, address }) => [length, address])).toEqual(
    [0n, 1000n, 2000n, 3000n].map((at) => [1000, 4096n + 96n + at]),
  );
  device.complete(4);
  await done;
});

describe('the blob of a peer', () => {
  test.each([
    ['nothing', undefined, TYPE],
    ['text', 'MDEP', TYPE],
    ['an array', [1, 2], TYPE],
    ['no bytes', Buffer.alloc(0), 'ERR_RDMA_FORMAT'],
    ['half of it', encodeBlob(blob).subarray(0, 24), 'ERR_RDMA_FORMAT'],
    ['two of them', Buffer.concat([encodeBlob(blob), encodeBlob(blob)]), 'ERR_RDMA_FORMAT'],
    ['a descriptor', remoteBytes(), 'ERR_RDMA_FORMAT'],
  ])('%s', (_title, peer, code) => {
    const { endpoint, device } = newEndpoint();
    expect(thrown(() => endpoint.connect(peer as never)).code).toBe(code);
    expect([endpoint.state, device.posted]).toEqual(['new', []]);
    endpoint.connect(encodeBlob(blob));
    expect(endpoint.state).toBe('connected');
  });

  test('of another network: ERR_RDMA_FORMAT', () => {
    const { endpoint } = newEndpoint();
    const error = thrown(() => endpoint.connect(encodeBlob({ ...blob, isEthernet: false })));
    expect(error).toMatchObject({ code: 'ERR_RDMA_FORMAT', message: expect.stringContaining('InfiniBand') });
  });
});

function remoteBytes(): Buffer {
  return encodeDescriptor({ access: [], key: 1, address: 0n, length: 1, persistence: 'none', onDemand: false, gid });
}

native.describe('a state that an operation does not have', () => {
  test.each(Object.entries(endpointOperations))('%s before connect(): ERR_RDMA_STATE', async (name, call) => {
    const { endpoint, domain } = newEndpoint();
    expect(await rejected(call(endpoint, register(domain), remote()))).toMatchObject({
      code: 'ERR_RDMA_STATE',
      operation: name,
    });
  });

  test.each(Object.entries(endpointOperations))('%s after close(): ERR_RDMA_CLOSED', async (_name, call) => {
    const { endpoint, domain, device } = bench();
    endpoint.close();
    endpoint.close();
    expect(await rejected(call(endpoint, register(domain), remote()))).toMatchObject({ code: 'ERR_RDMA_CLOSED' });
    expect(device.posted).toEqual([]);
  });

  test.each(Object.entries(endpointOperations))('%s after a failure: ERR_RDMA_FLUSHED', async (_name, call) => {
    const { endpoint, domain, device } = bench();
    const local = register(domain);
    const first = rejected(call(endpoint, local, remote()));
    device.complete(device.posted.length, 12);
    const cause = await first;
    expect([cause.code, endpoint.state]).toEqual(['ERR_RDMA_UNREACHABLE', 'failed']);
    expect(await rejected(call(endpoint, local, remote()))).toMatchObject({ code: 'ERR_RDMA_FLUSHED', cause });
  });

  test('a second connect(): ERR_RDMA_STATE; one after close(): ERR_RDMA_CLOSED', () => {
    const { endpoint } = newEndpoint();
    endpoint.connect(encodeBlob(blob));
    expect(thrown(() => endpoint.connect(encodeBlob(blob)))).toMatchObject({ code: 'ERR_RDMA_STATE' });
    endpoint.close();
    const error = thrown(() => endpoint.connect(encodeBlob(blob)));
    expect(error).toBeInstanceOf(RdmaError);
    expect(error.code).toBe('ERR_RDMA_CLOSED');
  });
});
