import { BACKPORTS } from './kernel.js';
import type { Configuration } from './matrix.js';

const PROOFS = ['dist/test/vm/guest/rdma-'];
const SUITES = {
  persistence: 'mem-ctrl',
  cpu: 'max',
  instruction: 'clwb',
  places: [],
  suites: { tmpfs: PROOFS },
} as const;
const memory = ['ext4-dax', 'xfs-dax', 'device-dax-4K', 'ext4-raw-pmem'] as const;

/** Registrations and RDMA, on soft RoCE. The longest first. */
export const rdmaConfigurations: readonly Configuration[] = [
  { ...SUITES, name: 'rdma 6.12', rdma: { series: '6.12', libraries: 'machine', memory } },
  { ...SUITES, name: 'rdma backports', rdma: { series: BACKPORTS, libraries: 'newer', memory } },
  { ...SUITES, name: 'rdma 6.12 flush', rdma: { series: '6.12', libraries: 'newer', memory } },
  {
    ...SUITES,
    name: 'rdma 6.1',
    // Not the proofs: soft RoCE of this kernel may try an operation for a dead peer without end, and the guest hangs.
    suites: { tmpfs: ['dist/test/vm/guest/rdma-environment'] },
    rdma: { series: '6.1', libraries: 'machine', memory },
  },
];

/** After them: two guests that are neighbours on an Ethernet. */
export const TWO_HOSTS = 'rdma two hosts';
