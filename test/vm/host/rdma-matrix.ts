import { BACKPORTS } from './kernel.js';
import type { Configuration } from './matrix.js';

/** Suites of test/vm/guest, by the beginnings of their names. */
const suites = (...names: readonly string[]): Configuration['suites'] => ({
  tmpfs: names.map((name) => `dist/test/vm/guest/rdma-${name}`),
});
const GUEST = { persistence: 'mem-ctrl', cpu: 'max', instruction: 'clwb', places: [] } as const;
const memory = ['ext4-dax', 'xfs-dax', 'device-dax-4K', 'device-dax-2M', 'ext4-raw-pmem'] as const;

/**
 * Registrations and RDMA, on soft RoCE. The longest first. RDMA FLUSH, the example of docs/rdma.md and the replicated
 * log run on the newest kernel, and the log on 6.12 with {@link TWO_HOSTS}.
 */
export const rdmaConfigurations: readonly Configuration[] = [
  {
    ...GUEST,
    name: 'rdma backports',
    suites: suites('(?!refusals|cycles|ledger)'),
    rdma: { series: BACKPORTS, libraries: 'newer', memory },
  },
  {
    ...GUEST,
    name: 'rdma 6.12',
    suites: suites('(?!flush|example|replicated-log|ledger)'),
    rdma: { series: '6.12', libraries: 'machine', memory },
  },
  {
    ...GUEST,
    name: 'rdma 6.12 flush',
    suites: suites('environment', 'flush', 'example', 'replicated-log'),
    rdma: { series: '6.12', libraries: 'newer', memory },
    isExtra: true,
  },
  {
    ...GUEST,
    name: 'rdma 6.1',
    // Nothing with a peer: soft RoCE of this kernel may try an operation for a dead one without end.
    suites: suites('environment', 'io-uring', 'paging'),
    rdma: { series: '6.1', libraries: 'machine', memory },
    isExtra: true,
  },
  {
    ...GUEST,
    name: 'rdma ledger',
    suites: suites('ledger'),
    rdma: { series: '6.12', libraries: 'machine', memory },
    isExtra: true,
  },
  {
    ...GUEST,
    name: 'rdma ledger, backports',
    suites: suites('ledger'),
    rdma: { series: BACKPORTS, libraries: 'newer', memory },
    isExtra: true,
  },
];

/** After them: two guests that are neighbours on an Ethernet. */
export const TWO_HOSTS = 'rdma two hosts';
