import fs from 'node:fs';
import path from 'node:path';
import { type Benchmark, budgets } from '../benchmark.js';
import { missingStrace } from '../facts/system-calls.js';
import { nodeTrial } from '../node-trial.js';

const file = (directory: string): string => path.join(directory, 'tail');
const trial = (name: string, measure: string) =>
  nodeTrial({ name, role: 'ours', script: 'heal-tail', args: (directory) => [file(directory), measure] });
const counted = trial('mapdirect, calls', 'calls');

/** The cost of a fault. */
export const healTail: Benchmark = {
  name: 'a fault: the file loses 1 GiB',
  description: [
    'A sparse file of 1 GiB is truncated to one page, and one byte of the rest is read. The time of that read is the',
    'time of signal, handler and mmap(2). Then one byte of each page of the rest is read: no page is a fault again.',
    'Calls: mmap(2) with MAP_FIXED and the signals, as strace counts them over all these reads.',
  ],
  figures: {
    heal: { title: 'the first read', unit: 'ns' },
    page: { title: 'each later page', unit: 'ns' },
    signals: { title: 'signals', unit: 'calls' },
    mmaps: { title: 'mmap(2)', unit: 'calls' },
  },
  medium: 'memory',
  budgets: budgets(9, 10, 3, 2),
  trials: [trial('mapdirect', 'time'), { ...counted, available: () => missingStrace() ?? counted.available() }],
  targets: [
    { text: 'one signal', figure: 'signals', met: (calls) => calls === 1 },
    { text: 'one mmap(2)', figure: 'mmaps', met: (calls) => calls === 1 },
  ],
  prepare: (directory) => fs.writeFileSync(file(directory), ''),
};
