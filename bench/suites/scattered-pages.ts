import path from 'node:path';
import { atLeast, atMost, type Benchmark, budgets } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';
import { writeInPages } from '../paged-file.js';

const PAGES = 2 ** 14; // 64 MiB
const EACH = 'persist of each';
const ALL = 'one persist';

const trial = (name: string, role: 'ours' | 'rival', how: string): ReturnType<typeof nodeTrial> =>
  nodeTrial({
    name,
    role,
    script: 'scattered-pages',
    args: (directory) => [path.join(directory, 'scattered'), how],
    environment: UNFORCED,
  });

/** A transaction of a copy-on-write tree, on a disk. */
export const scatteredPages: Benchmark = {
  name: 'persist of 75 scattered pages of 64 MiB, on a disk',
  description: [
    'These pages are dirty, and no others; making them dirty is not timed. Ours: one persistRanges().',
    'Each: 75 calls of persist(). One persist: from the first page to the last one. That is right only if no other page',
    'is dirty; ours asks the kernel about each page between them.',
  ],
  figures: { nanoseconds: { title: 'time for all', unit: 'ns' } },
  medium: 'disk',
  budgets: budgets(7, 12, 3, 3),
  trials: [trial('mapdirect', 'ours', 'ranges'), trial(EACH, 'rival', 'each'), trial(ALL, 'rival', 'all')],
  targets: [atLeast(5, 'nanoseconds', EACH), atMost(4, 'nanoseconds', ALL)],
  prepare: (directory) => writeInPages(path.join(directory, 'scattered'), PAGES),
};
