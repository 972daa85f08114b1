import path from 'node:path';
import { type Benchmark, budgets } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';
import { writeInPages } from '../paged-file.js';

const PAGES = 2 ** 14; // 64 MiB
const MAPPED = 'mapped';
const WRITTEN = 'written';

const args =
  (how: string) =>
  (directory: string): string[] => [path.join(directory, how), how];

/** Does a server still answer during a large flush? */
export const loopPause: Benchmark = {
  name: 'longest pause of the event loop during an asynchronous flush of 64 MiB',
  description: [
    'The longest time between two turns of an event loop that has no other work. Ours: persistAsync() of dirty pages.',
    'fs.fdatasync: after writes of all pages. Idle: for the same time without a flush, the pauses of the machine.',
    'No target: the pauses of the kernel and of other users of the machine are part of the figure.',
  ],
  figures: {
    pause: { title: 'longest pause', unit: 'ns' },
    pauseAlone: { title: '... idle', unit: 'ns' },
    flush: { title: 'flush', unit: 'ns' },
  },
  medium: 'disk',
  budgets: budgets(7, 15, 3, 3),
  trials: [
    nodeTrial({ name: 'mapdirect', role: 'ours', script: 'loop-pause', args: args(MAPPED), environment: UNFORCED }),
    nodeTrial({ name: 'fs.fdatasync', role: 'rival', script: 'loop-pause', args: args(WRITTEN) }),
  ],
  targets: [],
  prepare: (directory) => {
    for (const how of [MAPPED, WRITTEN]) writeInPages(path.join(directory, how), PAGES);
  },
};
