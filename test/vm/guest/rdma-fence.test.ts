// P4 and P5: the wire stops before another program is let in.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { map } from '../../../lib/index.js';
import type { RdmaError } from '../../../lib/rdma/index.js';
import { MIB, PAGE } from '../../support/sizes.js';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';
import { onDemandRoce, softRoce } from './rdma-guest.js';
import type { RegisterRequest } from './rdma-owner.js';
import { Client, fresh, Owner, type Pair } from './rdma-peers.js';

/** Fences for each kind of memory: 50 before a release. */
const ROUNDS = Number(process.env['MAPDIRECT_TEST_FENCES'] ?? 5);
const LIMIT = 60_000 + 10_000 * ROUNDS;
const LONGEST_PAUSE = 50; // milliseconds

const BREAKABLE = { policy: 'breakable', deadline: 100 } as const;
const LEASED = { ...BREAKABLE, enforcement: 'lease' } as const;
const WRITE = { access: ['remote-write'], accept: ['remote-write'] } as const;

/** Another program writes its own bytes over those of the client, and takes part in no protocol. */
async function strangerWrites(file: string, length: number): Promise<void> {
  const dd = `dd of=${file} conv=notrunc bs=${length} iflag=fullblock`;
  const child = spawn('sh', ['-c', `head -c ${length} /dev/zero | tr '\\0' s | ${dd}`], { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
}

function expectStrangers(file: string, length: number): void {
  const whole = readFileSync(file);
  expect(whole).toHaveLength(MIB);
  expect(whole.subarray(0, length).equals(Buffer.alloc(length, 's'))).toBe(true);
}

softRoce.describe('a fence', () => {
  let owner: Owner;
  let client: Client;
  let pair: Pair | undefined;

  beforeAll(() => {
    client = new Client(fresh(join(tmpdir(), 'rdma-client')));
    client.mapping.write(Buffer.alloc(PAGE, 'c'), 0);
  });
  afterAll(async () => {
    await owner.kill();
    client.close();
  });
  beforeEach(() => {
    owner = Owner.from(owner, { MAPDIRECT_RXE_ODP: '1' });
  });
  afterEach(async () => {
    pair?.endpoint.close();
    pair = undefined;
    await owner.reset();
  });

  /** Writes pages until the connection fails. */
  async function writeUntilFailure({ endpoint, remote }: Pair): Promise<RdmaError> {
    for (;;) {
      try {
        await endpoint.write(client.registration, 0, remote, 0, PAGE);
      } catch (error) {
        return error as RdmaError;
      }
    }
  }

  /** One fence at a random moment. `enter` ends when other bytes have been written. `events`: the owner hears them. */
  async function round(request: RegisterRequest, events: readonly string[], enter: () => Promise<void>): Promise<Pair> {
    const connected = (pair = await client.connect(owner, request));
    const writing = writeUntilFailure(connected);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_PAUSE));
    await enter();
    expect(await writing).toMatchObject({ code: 'ERR_RDMA_REMOTE_ACCESS' });
    expect(await owner.run('look')).toMatchObject({
      valid: false,
      events: expect.arrayContaining([...events]),
    });
    return connected;
  }

  async function fences(rounds: () => Promise<Pair>): Promise<void> {
    for (let each = 0; each < ROUNDS; each++) {
      const { endpoint } = await rounds();
      endpoint.close();
      await owner.run('close');
    }
  }

  async function leaseIsBroken(directory: string, onDemand: boolean): Promise<void> {
    const path = join(directory, 'rdma-owner');
    await fences(async () => {
      fresh(path);
      const request = { ...WRITE, path, length: MIB, seal: LEASED };
      const done = await round(request, ['fenced: broken'], () => strangerWrites(path, PAGE));
      expect(done.onDemand).toBe(onDemand);
      expectStrangers(path, PAGE);
      return done;
    });
  }

  test(
    `P4: ${ROUNDS} times a lease on tmpfs is broken at random moments: the client hears it, and none of its bytes follow`,
    () => leaseIsBroken(tmpdir(), false),
    LIMIT,
  );

  onDemandRoce.test.each(['ext4-dax', 'xfs-dax'])(
    `P4: ${ROUNDS} times likewise on %s, on demand`,
    (place) => leaseIsBroken(prepare(placeOf(place)), true),
    LIMIT,
  );

  // Nobody can ask for a break of device-dax: its driver keeps the block map, and no other program waits for it.
  test(
    `P4: ${ROUNDS} times the owner of device-dax deregisters at random moments: the client hears it, and none of its bytes follow`,
    async () => {
      const path = prepare(placeOf('device-dax-4K'));
      using mapping = map(path, { length: PAGE });
      const bytes = Buffer.alloc(PAGE, 's');
      await fences(async () => {
        const done = await round({ ...WRITE, path, length: MIB }, [], async () => {
          await owner.run('deregister');
          mapping.write(bytes, 0);
        });
        expect(mapping.buffer.equals(bytes)).toBe(true);
        return done;
      });
    },
    LIMIT,
  );

  test('P5: the event loop of the owner is blocked: 0 of 65,536 bytes of a stranger are gone, and the client is told', async () => {
    const path = fresh(join(tmpdir(), 'rdma-owner'));
    pair = await client.connect(owner, { ...WRITE, path, length: MIB, seal: LEASED });
    const writing = writeUntilFailure(pair);
    const BLOCK = 4000;
    const blocked = owner.run('block', BLOCK);
    const started = performance.now();
    await strangerWrites(path, 65536);
    expect(performance.now() - started).toBeLessThan(BLOCK); // it was let in during the block
    expect(await writing).toMatchObject({ code: 'ERR_RDMA_REMOTE_ACCESS' });
    expectStrangers(path, 65536);
    await blocked;
    expect(await owner.run('look')).toMatchObject({ valid: false });
  });
});
