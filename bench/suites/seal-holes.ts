import path from 'node:path';
import { atLeast, type Benchmark } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';

const BYTES = 2 ** 30;
const DD = 'fallocate + dd';

const args =
  (how: string) =>
  (directory: string): string[] => [path.join(directory, how), String(BYTES), how];

/** How fast holes become written blocks. */
export const sealHoles: Benchmark = {
  name: 'preparing 1 GiB of holes for a seal, on a disk',
  description: [
    'mapping.seal() of a new sparse file: allocates, converts without storing, fsync(2). fallocate(1), then dd(1) of zeros in',
    'blocks of 1 MiB with conv=notrunc,fsync; the start of both programs is in it. Each on a file of its own, removed after.',
  ],
  figures: { prepare: { title: 'prepare', unit: 'ns' } },
  medium: 'disk',
  rounds: 5,
  trials: [
    nodeTrial({ name: 'mapdirect', role: 'ours', script: 'seal-holes', args: args('seal'), environment: UNFORCED }),
    nodeTrial({ name: DD, role: 'rival', script: 'seal-holes', args: args('dd') }),
  ],
  targets: [atLeast(0.8, 'prepare', DD, 'bandwidth')],
  prepare: () => undefined,
};
