// P4 and P5: the wire stops before another program is let in.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { map, type Registration } from '../../../lib/index.js';
import type { RdmaError } from '../../../lib/rdma/index.js';
import { MIB } from '../../support/sizes.js';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';
import { onDemandRoce, rdmaEnvironment, softRoce } from './rdma-guest.js';
import type { RegisterRequest } from './rdma-owner.js';
import { Client, fresh, Owner, type Pair } from './rdma-peers.js';

/** Fences for each kind of memory: 50 before a release. */
const ROUNDS = Number(process.env['MAPDIRECT_TEST_FENCES'] ?? 5);
const LIMIT = 60_000 + 10_000 * ROUNDS;
// Milliseconds.
const LONGEST_PAUSE = 50;
const PATIENT = { timeout: 20_000 } as const;

const BREAKABLE = { policy: 'breakable', deadline: 100 } as const;
const LEASED = { ...BREAKABLE, enforcement: 'lease' } as const;
const WRITE = { access: ['remote-write'], accept: ['remote-write'] } as const;

/** Bytes that the stranger writes, and the client before and after it. */
const LENGTH = 65536;
const STRANGERS = 's';
const CLIENTS = 'c';

/** Another program writes its own bytes over those of the client, and takes part in no protocol. */
async function strangerWrites(file: string): Promise<void> {
  const dd = `dd of=${file} conv=notrunc bs=${LENGTH} iflag=fullblock`;
  const command = `head -c ${LENGTH} /dev/zero | tr '\\0' ${STRANGERS} | ${dd}`;
  const [code] = (await once(spawn('sh', ['-c', command], { stdio: 'ignore' }), 'exit')) as [number];
  expect(code).toBe(0);
}

/** How many bytes of the stranger are in the file. */
function keptIn(file: string): number {
  return readFileSync(file)
    .subarray(0, LENGTH)
    .filter((byte) => byte === STRANGERS.charCodeAt(0)).length;
}

/** Writes again and again, until the connection fails. */
class Writer {
  count = 0;
  error: RdmaError | undefined;
  readonly ended: Promise<RdmaError>;

  constructor(registration: Registration, { endpoint, remote }: Pair) {
    this.ended = this.run(() => endpoint.write(registration, 0, remote, 0, LENGTH));
  }

  private async run(write: () => Promise<void>): Promise<RdmaError> {
    for (;;) {
      try {
        await write();
        this.count++;
      } catch (error) {
        return (this.error = error as RdmaError);
      }
    }
  }

  /** Waits for the end of a write that begins now or later, or for the failure. */
  async next(): Promise<void> {
    const { count } = this;
    while (this.error === undefined && this.count < count + 2) await delay(1);
  }
}

softRoce.describe('a fence', () => {
  let owner: Owner;
  let client: Client;
  let pair: Pair | undefined;

  beforeAll(() => {
    client = new Client(fresh(join(tmpdir(), 'rdma-client')));
    client.mapping.write(Buffer.alloc(LENGTH, CLIENTS), 0);
  });
  afterAll(async () => {
    await owner.kill();
    client.close();
  });
  beforeEach(() => {
    owner = Owner.from(owner, { env: { MAPDIRECT_RXE_ODP: '1' } });
  });
  afterEach(async () => {
    pair?.endpoint.close();
    pair = undefined;
    await owner.reset();
  });

  /** One fence at a random moment. `enter` ends when other bytes have been written. `events`: the owner hears them. */
  async function round(request: RegisterRequest, events: readonly string[], enter: () => Promise<void>): Promise<Pair> {
    const connected = (pair = await client.connect(owner, request, PATIENT));
    const writer = new Writer(client.registration, connected);
    await delay(Math.random() * LONGEST_PAUSE);
    await enter();
    expect(await writer.ended).toMatchObject({ code: 'ERR_RDMA_REMOTE_ACCESS' });
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
      const done = await round(request, ['fenced: broken'], () => strangerWrites(path));
      expect(done.onDemand).toBe(onDemand);
      expect(keptIn(path)).toBe(LENGTH);
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
      using mapping = map(path, { length: LENGTH });
      const bytes = Buffer.alloc(LENGTH, STRANGERS);
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

  /** A stranger is let in while the event loop of the owner is blocked. `kept`: bytes of the stranger in the end. */
  async function enterBlocked(): Promise<{ kept: number; writer: Writer }> {
    const path = fresh(join(tmpdir(), 'rdma-owner'));
    pair = await client.connect(owner, { ...WRITE, path, length: MIB, seal: LEASED }, PATIENT);
    const writer = new Writer(client.registration, pair);
    const blocking = fresh(join(tmpdir(), 'rdma-blocking'), 1);
    const blocked = owner.run('block', blocking);
    try {
      await strangerWrites(path); // it is let in during the block
      await writer.next();
      return { kept: keptIn(path), writer };
    } finally {
      rmSync(blocking);
      await blocked;
    }
  }

  test('P5: the event loop of the owner is blocked: 0 of 65,536 bytes of a stranger are gone, and the client is told', async () => {
    const { kept, writer } = await enterBlocked();
    expect(kept).toBe(LENGTH);
    expect(await writer.ended).toMatchObject({ code: 'ERR_RDMA_REMOTE_ACCESS' });
    expect(await owner.run('look')).toMatchObject({ valid: false });
  });

  test('P5, control: of memory that no ledger knows, all bytes of the stranger are gone, and the client hears success', async () => {
    await owner.kill();
    owner = new Owner({ program: 'rdma-unlisted-owner', args: [rdmaEnvironment.unlisted] });
    try {
      const { kept, writer } = await enterBlocked();
      expect([kept, writer.error]).toEqual([0, undefined]);
      pair?.endpoint.close();
      await writer.ended;
    } finally {
      await owner.kill(); // it knows no other command, so no other test can use it
    }
  });
});
