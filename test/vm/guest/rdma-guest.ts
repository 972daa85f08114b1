import { existsSync } from 'node:fs';
import { skipUnless, type Requirement } from '../../support/skip.js';
import { rdmaGuest, type RdmaEnvironment } from '../rdma-environment.js';

/** Of tests that need a device of soft RoCE. */
export const softRoce: Requirement = skipUnless(
  rdmaGuest() !== undefined && existsSync('/sys/class/infiniband/rxe0'),
  'there is no device of soft RoCE',
  'npm run test:vm -- --only rdma',
);

/** The guest that this test runs in. */
export const rdmaEnvironment: RdmaEnvironment = rdmaGuest() ?? {
  series: 'none',
  libraries: 'machine',
  facts: 'none',
  write: 'none',
  register: 'none',
  unlisted: 'none',
};

/** On-demand paging: only the newest kernels have it for soft RoCE. */
export const onDemandRoce = softRoce.andUnless(
  rdmaEnvironment.series === 'backports',
  'this kernel pins the memory of soft RoCE',
  "npm run test:vm -- --only 'rdma backports'",
);

/** RDMA FLUSH at the side that asks for it. */
export const flushRoce = softRoce.andUnless(
  rdmaEnvironment.libraries === 'newer' && rdmaEnvironment.series !== '6.1',
  'this kernel or its libibverbs has no RDMA FLUSH',
  "npm run test:vm -- --only 'rdma 6.12 flush'",
);
