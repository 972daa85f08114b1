// P6: memory of files with DAX. No kernel pins it; a device that faults pages in can serve it.
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RdmaError } from '../../../lib/rdma/index.js';
import { MIB, PAGE } from '../../support/sizes.js';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';
import { onDemandRoce, rdmaEnvironment, softRoce } from './rdma-guest.js';
import { Client, fresh, numbered, Owner, type Pair } from './rdma-peers.js';

const EVERYTHING = ['remote-read', 'remote-write', 'remote-atomic'] as const;
const SEALS = [undefined, { enforcement: 'lease' }] as const;

function newFile(place: string): string {
  return fresh(join(prepare(placeOf(place)), 'owner'));
}

softRoce.describe('P6: memory that cannot be pinned', () => {
  let owner: Owner;
  beforeAll(() => {
    owner = new Owner();
  });
  afterAll(() => owner.kill());

  const refused = (path: string, seal?: (typeof SEALS)[number]): Promise<unknown> =>
    owner
      .run('register', { path, length: MIB, access: ['remote-write'], ...(seal === undefined ? {} : { seal }) })
      .catch(String);

  test.each(['ext4-dax', 'xfs-dax'])('%s is refused with the way out, sealed with a lease or not', async (place) => {
    for (const seal of SEALS)
      expect(await refused(newFile(place), seal)).toMatch(/EOPNOTSUPP.*Use a device-dax.*on-demand paging/);
  });

  test('page cache is refused with the way out', async () => {
    const reason = rdmaEnvironment.series === '6.1' ? /EOPNOTSUPP.*before Linux 6\.5/ : /EFAULT.*remote-read/;
    expect(await refused(newFile('ext4-raw-pmem'))).toMatch(reason);
  });
});

onDemandRoce.describe('P6: on demand', () => {
  let owner: Owner;
  let client: Client;
  let pair: Pair | undefined;

  beforeAll(() => {
    owner = new Owner({ env: { MAPDIRECT_RXE_ODP: '1' } });
    client = new Client(fresh(join(tmpdir(), 'rdma-client')));
    client.mapping.write(numbered(MIB), 0);
  });
  afterAll(async () => {
    await owner.kill();
    client.close();
  });
  afterEach(async () => {
    pair?.endpoint.close();
    pair = undefined;
    await owner.reset();
  });

  async function connected(path: string): Promise<Pair> {
    const request = { path, length: MIB, access: EVERYTHING, accept: EVERYTHING };
    pair = await client.connect(owner, request, { timeout: 20_000 });
    expect(pair.onDemand).toBe(true);
    return pair;
  }

  test.each(['ext4-dax', 'xfs-dax', 'ext4-raw-pmem'])('aligned writes to %s are exact', async (place) => {
    const { endpoint, remote } = await connected(newFile(place));
    await endpoint.write(client.registration, 0, remote, 0, MIB);
    expect(Buffer.from(await owner.run('bytes', 0, MIB), 'hex').equals(numbered(MIB))).toBe(true);
    expect(await endpoint.fetchAdd(remote, 8, 5n)).toBe(numbered(MIB).readBigUInt64LE(8));
  });

  // A canary. If it fails, this kernel has mended the paging of soft RoCE. Then lib/rdma/device-facts.ts may offer it
  // from this kernel on (RXE_MISPLACES), and docs/rdma.md and docs/environment.md (MAPDIRECT_RXE_ODP) must say so.
  test('an unaligned write to ext4-dax misplaces its bytes: a kernel where this fails has mended soft RoCE', async () => {
    const path = newFile('ext4-dax');
    const { endpoint, remote } = await connected(path);
    const OFFSET = 100;
    await endpoint.write(client.registration, 0, remote, OFFSET, PAGE);
    const wanted = Buffer.concat([Buffer.alloc(OFFSET), numbered(PAGE)]);
    expect(
      readFileSync(path)
        .subarray(0, OFFSET + PAGE)
        .equals(wanted),
    ).toBe(false);
  });

  describe.each(['ext4-dax', 'xfs-dax'])('a stranger truncates a file of %s', (place) => {
    test('the client hears remote access, the seal is violated, and the registration has ended', async () => {
      const path = newFile(place);
      const { endpoint, remote } = await connected(path);
      await endpoint.write(client.registration, 0, remote, MIB / 2, PAGE);
      const [code] = (await once(spawn('truncate', ['-s', String(PAGE), path], { stdio: 'ignore' }), 'exit')) as [
        number,
      ];
      expect(code).toBe(0);
      const error = await endpoint.write(client.registration, 0, remote, MIB / 2, PAGE).then(
        () => undefined,
        (reason: RdmaError) => reason,
      );
      expect(error).toMatchObject({ code: 'ERR_RDMA_REMOTE_ACCESS' });
      let seen = await owner.run('look');
      while (seen.valid) seen = await owner.run('look');
      expect(seen).toMatchObject({ valid: false, events: ['fenced: violated'], seals: ['violated'] });
      expect(readFileSync(path)).toHaveLength(PAGE);
    });
  });
});
