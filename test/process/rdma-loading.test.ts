import { existsSync, readdirSync } from 'node:fs';
import { expect } from '@jest/globals';
import { runChild } from '../support/run-child.js';
import { linux, skipUnless } from '../support/skip.js';

const DEVICES = '/sys/class/infiniband';
const hasDevice = existsSync(DEVICES) && readdirSync(DEVICES).length > 0;
const without = linux.and(skipUnless(!hasDevice, 'this machine has an RDMA device', 'run it where there is none'));

async function look(env: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runChild('rdma-loading', [], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const misuse = { option: 'ERR_INVALID_ARG_VALUE', port: 'ERR_OUT_OF_RANGE', name: 'ERR_INVALID_ARG_TYPE' };

without.test('no library: it is told with the remedy, and nothing throws that must not', async () => {
  expect(await look({ MAPDIRECT_VERBS_LIBRARY: 'libno-such-verbs.so.1' })).toMatchObject({
    before: false,
    afterMisuse: false,
    after: false,
    codes: misuse,
    devices: 0,
    unavailable: expect.stringMatching(/libno-such-verbs.*Install rdma-core/),
    open: 'ERR_RDMA_UNAVAILABLE',
    named: 'ERR_RDMA_UNAVAILABLE',
  });
});

without.test('a library that is not libibverbs is refused', async () => {
  expect(await look({ MAPDIRECT_VERBS_LIBRARY: 'libm.so.6' })).toMatchObject({
    unavailable: expect.stringContaining('ibv_get_device_list'),
    open: 'ERR_RDMA_UNAVAILABLE',
  });
});

without.test('libibverbs is loaded when it is asked for, and not before; no device is ENODEV', async () => {
  const { after, unavailable, open, named, ...rest } = await look({});
  expect(rest).toEqual({ before: false, afterMisuse: false, codes: misuse, devices: 0 });
  const code = after === true ? 'ENODEV' : 'ERR_RDMA_UNAVAILABLE';
  expect({ open, named }).toEqual({ open: code, named: code });
  expect(unavailable).toMatch(after === true ? /no RDMA device/ : /cannot be loaded/);
});
