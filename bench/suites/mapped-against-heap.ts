import fs from 'node:fs';
import path from 'node:path';
import { type Benchmark, budgets, byEffort, type Target } from '../benchmark.js';
import { nodeTrial } from '../node-trial.js';

const LENGTH = 32 * 1024;
const pairs = byEffort('15', '3');
const TOLERANCE = 0.02;
const file = (directory: string): string => path.join(directory, 'window');

function nearOne(figure: string): Target {
  return { text: `${figure}: 1.00 +- ${TOLERANCE}`, figure, met: (ratio) => Math.abs(ratio - 1) <= TOLERANCE };
}

/** The compiler must treat a mapped Buffer as any other: no slower access, no second hidden class. */
export const mappedAgainstHeap: Benchmark = {
  name: 'mapped Buffer against heap Buffer, in cache',
  description: [
    `JavaScript loops over ${LENGTH / 1024} KiB: sum of all bytes, store to all bytes, random reads and writes.`,
    'Each figure is the best time over a mapped Buffer / the best time over a heap Buffer, alternating in one process;',
    'the median over 15 such pairs. Control: the same with two heap Buffers, that is, the noise of this machine.',
  ],
  figures: {
    sum: { title: 'sum', unit: 'x' },
    fill: { title: 'fill', unit: 'x' },
    random: { title: 'random', unit: 'x' },
  },
  medium: 'memory',
  budgets: budgets(5, 25, 3, 3),
  trials: [
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'mapped-against-heap',
      args: (directory, effort) => [file(directory), String(LENGTH), 'mapped', pairs(effort)],
    }),
    nodeTrial({
      name: 'control',
      role: 'control',
      script: 'mapped-against-heap',
      args: (directory, effort) => [file(directory), String(LENGTH), 'heap', pairs(effort)],
    }),
  ],
  targets: ['sum', 'fill', 'random'].map(nearOne),
  prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(LENGTH, 1)),
};
