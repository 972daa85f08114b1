// P10: what a process without rights, limits or a library gets.
import { spawnSync } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { softRoce } from './rdma-guest.js';
import type { Refusals } from './rdma-refused.js';

const DEVICE = '/dev/infiniband/uverbs0';
const USER = 1000;
const PROGRAM = join(__dirname, 'rdma-refused.js');

interface Given {
  /** RLIMIT_MEMLOCK in bytes. */
  readonly limit: number | 'unlimited';
  readonly env?: Readonly<Record<string, string>>;
}

/** The answers that another user gets. */
function refusalsOf({ limit, env = {} }: Given): Refusals {
  const { status, signal, stdout, stderr } = spawnSync(
    'prlimit',
    [
      `--memlock=${limit}:${limit}`,
      'setpriv',
      `--reuid=${USER}`,
      `--regid=${USER}`,
      '--clear-groups',
      process.execPath,
      PROGRAM,
    ],
    { encoding: 'utf8', env: { ...process.env, HOME: '/tmp', ...env } },
  );
  const said = stderr.replace(/^libibverbs: Warning: RLIMIT_MEMLOCK.*\n.*\n/, ''); // by the library, at 32 KiB or less
  expect({ status, signal, said }).toEqual({ status: 0, signal: null, said: '' });
  return JSON.parse(stdout) as Refusals;
}

softRoce.describe('P10: another user', () => {
  let mode = 0;
  beforeAll(() => {
    mode = statSync(DEVICE).mode;
  });
  afterAll(() => chmodSync(DEVICE, mode));

  test('without rights on the device: EACCES, and the list says which rights are missing', () => {
    chmodSync(DEVICE, 0o600);
    expect(refusalsOf({ limit: 'unlimited' })).toEqual({
      loadedUnasked: false,
      devices: 0,
      unavailable: expect.stringMatching(/EACCES.*rxe0.*read and write rights on \/dev\/infiniband\/uverbs0/),
      open: { code: 'EACCES', message: expect.stringMatching(/rxe0.*rights on \/dev\/infiniband\/uverbs0/) },
    });
  });

  test('without libibverbs: ERR_RDMA_UNAVAILABLE names the packages', () => {
    chmodSync(DEVICE, 0o666);
    const env = { MAPDIRECT_VERBS_LIBRARY: 'libno-such-verbs.so.1' };
    expect(refusalsOf({ limit: 'unlimited', env })).toMatchObject({
      devices: 0,
      unavailable: expect.stringContaining('Install rdma-core'),
      open: { code: 'ERR_RDMA_UNAVAILABLE', message: expect.stringContaining('Install rdma-core') },
    });
  });

  test('RLIMIT_MEMLOCK of 64 KiB: a page is registered, 4 MiB are ENOMEM with the limit and the remedy', () => {
    chmodSync(DEVICE, 0o666);
    const remedy = /ENOMEM.*RLIMIT_MEMLOCK is 65536 bytes.*0 kB pinned.*ulimit -l.*LimitMEMLOCK.*CAP_IPC_LOCK/;
    expect(refusalsOf({ limit: 65536 })).toEqual({
      loadedUnasked: false,
      devices: 1,
      large: { code: 'ENOMEM', message: expect.stringMatching(remedy) },
      locked: { code: 'ENOMEM', message: expect.stringMatching(/RLIMIT_MEMLOCK|ulimit -l/) },
    });
  });

  test('RLIMIT_MEMLOCK of 0: even a page is refused, with the limit and the remedy', () => {
    chmodSync(DEVICE, 0o666);
    const remedy = /RLIMIT_MEMLOCK is 0 bytes.*ulimit -l.*CAP_IPC_LOCK/;
    const refused = { code: expect.stringMatching(/^(?:EPERM|ENOMEM)$/), message: expect.stringMatching(remedy) };
    expect(refusalsOf({ limit: 0 })).toMatchObject({
      loadedUnasked: false,
      devices: 1,
      page: refused,
      large: refused,
      locked: { code: 'EPERM', message: expect.stringMatching(/ulimit -l/) },
    });
  });
});
