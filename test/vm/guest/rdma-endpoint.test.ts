import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { map } from '../../../lib/index.js';
import { crc32c } from '../../../lib/rdma/crc32c.js';
import { rdma, RemoteMemory, VerbsDomain, type RdmaError } from '../../../lib/rdma/index.js';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';
import { rdmaEnvironment, softRoce } from './rdma-guest.js';
import { Client, fresh, numbered, Owner, type Pair } from './rdma-peers.js';

const MiB = 2 ** 20;
const PAGE = 4096;
const EVERYTHING = ['remote-read', 'remote-write', 'remote-atomic'] as const;
const hasAtomicWrite = rdmaEnvironment.series !== '6.1';

const path = join(tmpdir(), 'rdma-owner');
const clientPath = join(tmpdir(), 'rdma-client');

/** The descriptor with another key, and a right checksum. */
function forged(descriptor: string, key: (key: number) => number, move = 0n): RemoteMemory {
  const bytes = Buffer.from(descriptor, 'hex');
  bytes.writeUInt32LE(key(bytes.readUInt32LE(12)), 12);
  bytes.writeBigUInt64LE(bytes.readBigUInt64LE(16) + move, 16);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 60)), 60);
  return RemoteMemory.from(bytes);
}

softRoce.describe('two Node.js processes on one device of soft RoCE', () => {
  let owner: Owner;
  let client: Client;
  let pair: Pair | undefined;

  beforeAll(() => {
    client = new Client(fresh(clientPath));
    client.mapping.write(numbered(MiB), 0);
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

  test('the device is listed with what it can do', () => {
    expect(rdma.unavailable).toBeUndefined();
    expect(rdma.devices()).toMatchObject([
      {
        name: 'rxe0',
        driver: 'rxe',
        transport: 'roce',
        flush: hasAtomicWrite,
        atomicWrite: hasAtomicWrite,
        onDemand: [],
      },
    ]);
    expect(rdma.devices()[0]!.ports).toMatchObject([{ number: 1, active: true, mtu: PAGE }]);
  });

  describe.each(['tmpfs', 'memfd', 'device-dax'])('P1: memory of %s', (kind) => {
    test('write, read, compareExchange, fetchAdd, writeAtomic: the bytes are in the mapping and in the file', async () => {
      const file = kind === 'memfd' ? undefined : kind === 'tmpfs' ? fresh(path) : prepare(placeOf('device-dax-4K'));
      pair = await client.connect(owner, {
        length: MiB,
        access: EVERYTHING,
        accept: EVERYTHING,
        ...(file === undefined ? {} : { path: file }),
      });
      const { endpoint, remote, onDemand } = pair;
      expect(onDemand).toBe(false);
      const { registration, mapping } = client;
      await endpoint.write(registration, 0, remote, 0, MiB);
      const wanted = numbered(MiB);
      expect(Buffer.from(await owner.run('bytes', 0, MiB), 'hex').equals(wanted)).toBe(true);
      if (file !== undefined) {
        const second = map(file, { length: MiB });
        expect(second.buffer.equals(wanted)).toBe(true);
        second.close();
      }
      await endpoint.read(remote, 512 * 1024, registration, 0, PAGE);
      expect(mapping.view(0, PAGE).equals(wanted.subarray(512 * 1024, 512 * 1024 + PAGE))).toBe(true);
      mapping.write(wanted.subarray(0, PAGE), 0);

      const before = wanted.readBigUInt64LE(8);
      expect(await endpoint.fetchAdd(remote, 8, 5n)).toBe(before);
      expect(await endpoint.compareExchange(remote, 8, 0n, 1n)).toBe(before + 5n);
      expect(await endpoint.compareExchange(remote, 8, before + 5n, -1n)).toBe(before + 5n);
      expect(await owner.run('bytes', 8, 8)).toBe('ff'.repeat(8));
      if (!hasAtomicWrite) return;
      await endpoint.writeAtomic(remote, 16, 0x1122334455667788n);
      expect(await owner.run('bytes', 16, 8)).toBe('8877665544332211');
    });
  });

  test('the page cache can be registered for reading, and a peer reads it', async () => {
    const disk = fresh(join(prepare(placeOf('ext4-raw-pmem')), 'owner'));
    writeFileSync(disk, numbered(MiB));
    const access = ['remote-read'] as const;
    pair = await client.connect(owner, { path: disk, length: MiB, access, accept: access });
    await pair.endpoint.read(pair.remote, 8192, client.registration, 0, PAGE);
    expect(client.mapping.view(0, PAGE).equals(numbered(MiB).subarray(8192, 8192 + PAGE))).toBe(true);
  });

  test('the domain and the mapping of a registration are EBUSY', async () => {
    pair = await client.connect(owner, { path: fresh(path), length: MiB, access: EVERYTHING, accept: EVERYTHING });
    expect(await owner.run('codeOf', 'closeDomain')).toBe('EBUSY');
    expect(await owner.run('codeOf', 'closeMapping')).toBe('EBUSY');
  });

  // Nothing completes before the timeout: the peer is dead.
  test('the memory of operations under way is EBUSY', async () => {
    pair = await client.connect(owner, { path: fresh(path), length: MiB, access: EVERYTHING, accept: EVERYTHING });
    await owner.kill();
    const running = pair.endpoint.write(client.registration, 0, pair.remote, 0, MiB);
    expect(() => client.registration.deregister()).toThrow(expect.objectContaining({ code: 'EBUSY' }));
    await expect(running).rejects.toMatchObject({ code: 'ERR_RDMA_UNREACHABLE' });
    expect(client.registration.valid).toBe(true);
  });

  test('a signal takes back what waits, and not what is with the device', async () => {
    const request = { path: fresh(path), length: MiB, access: EVERYTHING, accept: EVERYTHING };
    pair = await client.connect(owner, request, { depth: 4 });
    await owner.kill();
    const controller = new AbortController();
    const { endpoint, remote } = pair;
    const all = Array.from({ length: 20 }, () =>
      endpoint.write(client.registration, 0, remote, 0, PAGE, { signal: controller.signal }).then(
        () => 'done',
        (error: Error) => error.name,
      ),
    );
    controller.abort();
    const ends = await Promise.all(all);
    expect(ends.slice(0, 4)).toEqual(Array(4).fill('RdmaError'));
    expect(ends.slice(4)).toEqual(Array(16).fill('AbortError'));
  });

  test('a peer that was killed is unreachable within the timeout, and what waits is told', async () => {
    pair = await client.connect(owner, { path: fresh(path), length: MiB, access: EVERYTHING, accept: EVERYTHING });
    const { endpoint, remote } = pair;
    const failed = once(endpoint as unknown as NodeJS.EventEmitter, 'failed');
    await owner.kill();
    const first = endpoint.write(client.registration, 0, remote, 0, PAGE);
    await expect(first).rejects.toMatchObject({ code: 'ERR_RDMA_UNREACHABLE', status: 12, operation: 'write' });
    await failed;
    expect(endpoint.state).toBe('failed');
    await expect(endpoint.read(remote, 0, client.registration, 0, 8)).rejects.toMatchObject({
      code: 'ERR_RDMA_FLUSHED',
      cause: expect.objectContaining({ code: 'ERR_RDMA_UNREACHABLE' }),
    });
  });

  describe('P9: keys', () => {
    type Step = (pair: Pair) => Promise<unknown>;
    const write = (remote: RemoteMemory, { endpoint }: Pair): Promise<void> =>
      endpoint.write(client.registration, 0, remote, 0, 64);

    const steps: ReadonlyArray<readonly [string, Step]> = [
      [
        'a wrong key',
        (pair) =>
          write(
            forged(pair.descriptor, (key) => key ^ 0x100),
            pair,
          ),
      ],
      [
        'an address past the end',
        (pair) =>
          write(
            forged(pair.descriptor, (key) => key, BigInt(MiB)),
            pair,
          ),
      ],
      [
        'a right that the memory lacks',
        (pair) => pair.endpoint.compareExchange(forgedAccess(pair.descriptor), 0, 0n, 1n),
      ],
      ['memory that was deregistered', async (pair) => (await owner.run('deregister'), write(pair.remote, pair))],
    ];

    /** The descriptor with all rights. */
    function forgedAccess(descriptor: string): RemoteMemory {
      const bytes = Buffer.from(descriptor, 'hex');
      bytes.writeUInt32LE(15, 8);
      bytes.writeUInt32LE(crc32c(bytes.subarray(0, 60)), 60);
      return RemoteMemory.from(bytes);
    }

    test.each(steps)('%s: remote access, and no byte changes', async (_name, step) => {
      const access = ['remote-write', 'remote-read'] as const;
      pair = await client.connect(owner, { path: fresh(path), length: MiB, access, accept: EVERYTHING });
      const error = await step(pair).then(
        () => undefined,
        (reason: RdmaError) => reason,
      );
      expect(error).toMatchObject({ name: 'RdmaError', code: 'ERR_RDMA_REMOTE_ACCESS' });
      const shown = inspect(error, { depth: 9, showHidden: true }) + pair.shown + inspect(pair.endpoint);
      for (const secret of pair.secrets) expect(shown).not.toContain(secret);
      expect(readFileSync(path).equals(Buffer.alloc(MiB))).toBe(true);
    });

    test('a key of another domain: remote access', async () => {
      pair = await client.connect(owner, { path: fresh(path), length: MiB, access: EVERYTHING, accept: EVERYTHING });
      const other = VerbsDomain.open();
      const foreign = map(fresh(`${path}-foreign`));
      const registration = foreign.register({ domain: other, access: EVERYTHING });
      // The endpoint of the owner's domain is asked for memory of a third domain on the same device.
      await expect(write(RemoteMemory.from(registration.descriptor()), pair)).rejects.toMatchObject({
        code: 'ERR_RDMA_REMOTE_ACCESS',
      });
      // And a registration of another domain is no source here.
      const again = await client.reconnect(owner, EVERYTHING);
      await expect(again.write(registration, 0, pair.remote, 0, 64)).rejects.toMatchObject({
        code: 'ERR_RDMA_LOCAL_PROTECTION',
      });
      expect(again.state).toBe('connected');
      again.close();
      registration.deregister();
      foreign.close();
      other.close();
    });

    test('an endpoint accepts nothing by default', async () => {
      pair = await client.connect(owner, { path: fresh(path), length: MiB, access: EVERYTHING });
      await expect(write(pair.remote, pair)).rejects.toMatchObject({ code: 'ERR_RDMA_REMOTE_ACCESS' });
      expect(readFileSync(path).equals(Buffer.alloc(MiB))).toBe(true);
    });

    test('a right that the descriptor lacks is refused before anything is sent', async () => {
      pair = await client.connect(owner, { path: fresh(path), length: MiB, access: ['remote-read'] });
      await expect(write(pair.remote, pair)).rejects.toMatchObject({ code: 'EACCES' });
      await expect(pair.endpoint.persist(client.registration, 0, pair.remote, 0, 64)).rejects.toMatchObject({
        code: 'EACCES',
      });
      expect(pair.endpoint.state).toBe('connected');
    });
  });
});
