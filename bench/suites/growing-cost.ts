import fs from 'node:fs';
import path from 'node:path';
import { type Benchmark, budgets, byEffort, type Target } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';

const count = byEffort('40000', '4000');
const file = (directory: string): string => path.join(directory, 'growing');

function steady(figure: string): Target {
  return { text: `${figure}: <= 4 x`, figure, met: (ratio) => ratio <= 4 };
}

/** The cost of a call must not grow with the number of calls before it. */
export const growingCost: Benchmark = {
  name: 'cost of a call after very many',
  description: [
    'Each figure is the time per call of the last tenth of the calls / of the first tenth, in one process.',
    'arrayBuffer(): 40,000 of 64 B, all kept. view(): 64 B of the new part after each of 2,000 growths by one page',
    'within a reserve; the growth is not timed. persistAsync(): 40,000 waiting requests for separate ranges, from the',
    'call until it returns.',
  ],
  figures: {
    arrayBuffer: { title: 'arrayBuffer', unit: 'x' },
    view: { title: 'view, grown', unit: 'x' },
    persistAsync: { title: 'persistAsync', unit: 'x' },
  },
  medium: 'memory',
  budgets: budgets(5, 25, 3, 3),
  trials: [
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'growing-cost',
      args: (directory, effort) => [file(directory), count(effort)],
      environment: UNFORCED,
    }),
  ],
  targets: ['arrayBuffer', 'view', 'persistAsync'].map(steady),
  prepare: (directory) => {
    fs.writeFileSync(file(directory), '');
    fs.truncateSync(file(directory), 2 ** 29);
  },
};
