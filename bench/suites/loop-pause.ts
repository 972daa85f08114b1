import path from 'node:path';
import { atMost, type Benchmark, budgets } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { cRival } from '../rivals/c/rival.js';
import { nodeTrial } from '../node-trial.js';
import { writeInPages } from '../paged-file.js';

const FDATASYNC = 'fs.fdatasync';
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
    'C: msync of the same pages. fs.fdatasync: after writes of all pages. Idle: for the same time without a flush, the',
    'pauses of the machine, which are part of the figure. A longer flush meets more of them.',
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
    cRival('C msync', 'flush_pause.c', (directory) => [path.join(directory, MAPPED)]),
    nodeTrial({ name: FDATASYNC, role: 'rival', script: 'loop-pause', args: args(WRITTEN) }),
  ],
  targets: [atMost(1.5, 'pause', FDATASYNC)],
  prepare: (directory) => {
    for (const how of [MAPPED, WRITTEN]) writeInPages(path.join(directory, how), PAGES);
  },
};
