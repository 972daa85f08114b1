import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, budgets } from '../benchmark.js';
import { CACHE_LINE } from '../granularity.js';
import { fileLength, formatLayout, layout } from '../layout.js';
import { nodeTrial } from '../node-trial.js';
import { PMEM2, pmem2Rival } from '../rivals/c/pmem2.js';

const scattered = layout(64, 1000, 5000);

const file = (directory: string): string => path.join(directory, 'ranges');
const args = (directory: string): string[] => [file(directory), formatLayout(scattered)];

/** Many small ranges, as after a transaction: one call, one drain. */
export const persistRanges: Benchmark = {
  name: 'persist of 1000 scattered ranges of 64 B in one call',
  description: [
    'Every range is dirty; making them dirty is not timed. The ranges are a page and a cache line apart.',
    'Ours: mapping.persistRanges(Float64Array), with its checks. libpmem2: one flush per range, one drain.',
  ],
  figures: { nanoseconds: { title: 'time for all', unit: 'ns' } },
  medium: 'memory',
  budgets: budgets(15, 12, 3, 2),
  trials: [
    pmem2Rival('persist_ranges.c', args),
    nodeTrial({ name: 'mapdirect', role: 'ours', script: 'persist-ranges', args, environment: CACHE_LINE }),
  ],
  targets: [atMost(1.1, 'nanoseconds', PMEM2)],
  prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(fileLength([scattered]), 1)),
};
