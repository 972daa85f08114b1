import fs from 'node:fs';
import path from 'node:path';
import { type Benchmark, budgets, byEffort } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';

const count = byEffort('20000', '2000');

/** Many seals at the same time, all of one mapping. */
export const sealsOneMapping: Benchmark = {
  name: '20,000 seals of one mapping',
  quickSize: '2,000',
  description: [
    'The file has one written page on a disk. Each seal reads the extents once; that is part of the figures.',
    'Growth: the time of the last 200 seals / the time of the first 200, after 1,000 seals as warm-up. The cost of a seal',
    'must not grow with the number of seals.',
  ],
  figures: {
    seal: { title: 'time per seal', unit: 'ns' },
    growth: { title: 'growth', unit: 'x' },
    release: { title: 'time per release', unit: 'ns' },
  },
  medium: 'disk',
  budgets: budgets(5, 20, 3, 3),
  trials: [
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'seals-one-mapping',
      args: (directory, effort) => [directory, count(effort)],
      environment: UNFORCED,
    }),
  ],
  targets: [{ text: 'growth <= 3 x', figure: 'growth', met: (growth) => growth <= 3 }],
  prepare: (directory) => fs.writeFileSync(path.join(directory, 'one'), Buffer.alloc(4096, 1)),
};
