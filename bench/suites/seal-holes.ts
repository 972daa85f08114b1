import path from 'node:path';
import { atLeast, type Benchmark, budgets, byEffort, type Effort } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';

const bytes = byEffort(2 ** 30, 2 ** 27);
const DD = 'fallocate + dd';

const args =
  (how: string) =>
  (directory: string, effort: Effort): string[] => [path.join(directory, how), String(bytes(effort)), how];

/** The speed of turning holes into written blocks. */
export const sealHoles: Benchmark = {
  name: 'preparing 1 GiB of holes for a seal, on a disk',
  quickSize: '128 MiB',
  description: [
    'Ours: mapping.seal() of a new sparse file, which allocates, converts without a store, and calls fsync(2).',
    'Rival: fallocate(1), then dd(1) of zeros in blocks of 1 MiB with conv=notrunc,fsync. The start of both programs is',
    'part of the time. Each has its own file, which is removed afterwards.',
  ],
  figures: { prepare: { title: 'prepare', unit: 'ns' } },
  medium: 'disk',
  budgets: budgets(5, 25, 3, 3),
  trials: [
    nodeTrial({ name: 'mapdirect', role: 'ours', script: 'seal-holes', args: args('seal'), environment: UNFORCED }),
    nodeTrial({ name: DD, role: 'rival', script: 'seal-holes', args: args('dd') }),
  ],
  targets: [atLeast(0.8, 'prepare', DD, 'bandwidth')],
  prepare: () => undefined,
};
