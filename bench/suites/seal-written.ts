import path from 'node:path';
import { type Benchmark, budgets, byEffort } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';
import { writeInPages } from '../paged-file.js';

const pages = byEffort(2 ** 18, 2 ** 14); // 1 GiB, 64 MiB
const OWN_NS = 5e6;

const file = (directory: string): string => path.join(directory, 'written');

/** The cost of a seal that needs no preparation. */
export const sealWritten: Benchmark = {
  name: 'sealing a fully written file of 1 GiB, on a disk',
  quickSize: '64 MiB',
  description: [
    'mapping.seal() of a mapped, clean file; its release is not timed. FIEMAP: reading the extents of the same file with',
    "FIEMAP_FLAG_SYNC, which every seal needs. Seal's own: the difference.",
  ],
  figures: {
    seal: { title: 'seal', unit: 'ns' },
    fiemap: { title: 'FIEMAP', unit: 'ns' },
    own: { title: "seal's own", unit: 'ns' },
  },
  medium: 'disk',
  budgets: budgets(5, 20, 3, 3),
  trials: [
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'seal-written',
      args: (directory) => [file(directory)],
      environment: UNFORCED,
    }),
  ],
  targets: [{ text: `<= ${OWN_NS / 1e6} ms beside FIEMAP`, figure: 'own', met: (time) => time <= OWN_NS }],
  prepare: (directory, effort) => writeInPages(file(directory), pages(effort)),
};
