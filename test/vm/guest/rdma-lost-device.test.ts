// A device that goes away ends the registrations and endpoints that use it.
import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { onDemandRoce, softRoce } from './rdma-guest.js';
import { fresh } from './rdma-peers.js';

function lose(mode: 'rehearsed' | 'real'): void {
  const args = [join(__dirname, 'rdma-lost-device.js'), fresh(join(tmpdir(), 'rdma-lost')), mode];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'done\n', stderr: '' });
}

softRoce.test('a lost device (rehearsed) ends its registrations and endpoints, and no others', () => lose('rehearsed'));

// Not in CI: the kernels before 7 wait until the device is closed, and the way of the later ones is new.
onDemandRoce
  .andUnless(
    process.env['MAPDIRECT_TEST_LOST_DEVICE'] === '1',
    'the guest may lose more than its device',
    "MAPDIRECT_TEST_LOST_DEVICE=1 npm run test:vm -- --only 'rdma backports'",
  )
  .test('a lost device ends its registrations and endpoints, and no others', () => {
    try {
      lose('real');
    } finally {
      execFileSync(process.execPath, [join(__dirname, 'rdma-link.js')]);
    }
  });
