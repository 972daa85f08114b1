import fs from 'node:fs';
import path from 'node:path';
import type { Benchmark } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';

const COUNT = 20_000;

/** Many seals at a time, all of one mapping. */
export const sealsOneMapping: Benchmark = {
  name: '20,000 seals of one mapping',
  description: [
    'Of a written file of one page on a disk. Each seal reads the extents once, which is in the figures. Growth: the time of the',
    'last 200 seals divided by that of the first 200, after as many as 1,000 as warm-up. A seal must not cost more beside others.',
  ],
  figures: {
    seal: { title: 'time per seal', unit: 'ns' },
    growth: { title: 'growth', unit: 'x' },
    release: { title: 'time per release', unit: 'ns' },
  },
  medium: 'disk',
  rounds: 5,
  trials: [
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'seals-one-mapping',
      args: (directory) => [directory, String(COUNT)],
      environment: UNFORCED,
    }),
  ],
  targets: [{ text: 'growth <= 3 x', figure: 'growth', met: (growth) => growth <= 3 }],
  prepare: (directory) => fs.writeFileSync(path.join(directory, 'one'), Buffer.alloc(4096, 1)),
};
