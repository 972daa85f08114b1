// RDMA FLUSH within one machine. test/vm/host/power-cuts.ts compares flushed bytes after a loss of power.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeDescriptor, encodeDescriptor } from '../../../lib/rdma/descriptor.js';
import { RemoteMemory } from '../../../lib/rdma/index.js';
import { MIB } from '../../support/sizes.js';
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

  async function connect(file: string, access: readonly (typeof FLUSHED)[number][] = FLUSHED): Promise<Pair> {
    return (pair = await client.connect(owner, { path: file, length: MIB, access, accept: FLUSHED }));
  }

  test('persist() to device-dax', async () => {
    const { endpoint, remote } = await connect(prepare(placeOf('device-dax-4K')));
    expect(remote.persistence).toBe('flush');
    await endpoint.persist(client.registration, 4096, remote, 8192, 64);
    await endpoint.flush(remote, 0, MIB, 'visible');
    expect(await owner.run('bytes', 8192, 64)).toBe(numbered(MIB).toString('hex', 4096, 4160));
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
