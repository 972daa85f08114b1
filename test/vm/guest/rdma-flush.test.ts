// RDMA FLUSH within one machine. test/vm/host/power-cuts.ts compares flushed bytes after a loss of power.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeDescriptor, encodeDescriptor } from '../../../lib/rdma/descriptor.js';
import { RemoteMemory, type EndpointOptions } from '../../../lib/rdma/index.js';
import { MIB, PAGE } from '../../support/sizes.js';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';
import { flushRoce } from './rdma-guest.js';
import { Client, fresh, numbered, Owner, type Pair } from './rdma-peers.js';

const FLUSHED = ['remote-write', 'remote-read', 'remote-flush'] as const;

/** The memory, with the right to flush that its owner did not give. */
function withFlush(descriptor: string): RemoteMemory {
  const memory = decodeDescriptor(Buffer.from(descriptor, 'hex'));
  return RemoteMemory.from(encodeDescriptor({ ...memory, access: FLUSHED }));
}

/** The memory behind the end of the memory. */
function beyond(descriptor: string): RemoteMemory {
  const memory = decodeDescriptor(Buffer.from(descriptor, 'hex'));
  return RemoteMemory.from(encodeDescriptor({ ...memory, address: memory.address + BigInt(memory.length) }));
}

flushRoce.describe('RDMA FLUSH', () => {
  const path = join(tmpdir(), 'rdma-flushed');
  let owner: Owner;
  let client: Client;
  let pair: Pair | undefined;

  beforeAll(() => {
    client = new Client(fresh(join(tmpdir(), 'rdma-client')));
    client.mapping.write(numbered(MIB), 0);
  });
  afterAll(async () => {
    await owner.kill();
    client.close();
  });
  beforeEach(() => {
    owner = Owner.from(owner);
  });
  afterEach(async () => {
    pair?.endpoint.close();
    pair = undefined;
    await owner.reset();
  });

  async function connect(
    file: string,
    access: readonly (typeof FLUSHED)[number][] = FLUSHED,
    options: EndpointOptions = {},
  ): Promise<Pair> {
    return (pair = await client.connect(owner, { path: file, length: MIB, access, accept: FLUSHED }, options));
  }

  test('persist() to device-dax', async () => {
    const { endpoint, remote } = await connect(prepare(placeOf('device-dax-4K')));
    expect(remote.persistence).toBe('flush');
    await endpoint.persist(client.registration, 4096, remote, 8192, 64);
    await endpoint.flush(remote, 0, MIB, 'visible');
    expect(await owner.run('bytes', 8192, 64)).toBe(numbered(MIB).toString('hex', 4096, 4160));
  });

  test.each([3, 64])('many persist() at once, with a queue of %i requests', async (depth) => {
    const { endpoint, remote } = await connect(prepare(placeOf('device-dax-4K')), FLUSHED, { depth });
    const from = (n: number): number => ((n + depth) % (MIB / PAGE)) * PAGE; // other bytes than for another depth
    const lengths = Array.from({ length: 200 }, (_, n) => 1 + ((n * 37) % PAGE));
    await Promise.all(
      lengths.map((length, n) => endpoint.persist(client.registration, from(n), remote, n * PAGE, length)),
    );
    const got = Buffer.from(await owner.run('bytes', 0, MIB), 'hex');
    const wanted = numbered(MIB);
    const differs = lengths.findIndex((length, n) => {
      const bytes = wanted.subarray(from(n), from(n) + length);
      return !got.subarray(n * PAGE, n * PAGE + length).equals(bytes);
    });
    expect(differs).toBe(-1);
  });

  test('a persist() whose write fails ends the connection, and the memory of all requests is free again', async () => {
    const { endpoint, remote, descriptor } = await connect(prepare(placeOf('device-dax-4K')));
    const { domain, mapping } = client;
    const source = mapping.register({ domain, access: ['local-write'] });
    const outside = beyond(descriptor);
    const ends = await Promise.allSettled(
      [remote, outside, remote].map((to) => endpoint.persist(source, 0, to, 0, 64)),
    );
    expect(ends).toMatchObject([
      { status: 'fulfilled' },
      { reason: { code: 'ERR_RDMA_REMOTE_ACCESS', operation: 'persist' } },
      { reason: { code: 'ERR_RDMA_FLUSHED' } },
    ]);
    source.deregister();
    expect(source.valid).toBe(false);
  });

  test('to tmpfs persist() is refused by this package, and a visible flush is not', async () => {
    const { endpoint, remote, reasons } = await connect(fresh(path));
    expect(remote.persistence).toBe('none');
    expect(reasons.join()).toContain('mapping.persist()');
    await expect(endpoint.persist(client.registration, 0, remote, 0, 64)).rejects.toMatchObject({
      code: 'EOPNOTSUPP',
      message: expect.stringContaining('mapping.persist()'),
    });
    await endpoint.flush(remote, 0, 64, 'visible');
    expect(endpoint.state).toBe('connected');
  });

  test('a flush of memory without that right: remote access', async () => {
    const { endpoint, descriptor } = await connect(fresh(path), ['remote-write']);
    await expect(endpoint.flush(withFlush(descriptor), 0, 64, 'visible')).rejects.toMatchObject({
      code: 'ERR_RDMA_REMOTE_ACCESS',
    });
  });
});
