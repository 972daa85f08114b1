import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, budgets, byEffort } from '../benchmark.js';
import { cRival } from '../rivals/c/rival.js';
import { nodeTrial } from '../node-trial.js';
import { mmapIoNames } from '../rivals/npm/mmap-io.js';

const count = byEffort('20000', '2000');
/** Fewer, because mmap-io makes a 1 GiB Buffer each time, and V8 collects garbage for each: milliseconds. */
const rivalCount = byEffort('300', '30');
const file = (directory: string): string => path.join(directory, 'large');

/** A large mapping must cost no more than a small one, as long as no Buffer over it is requested. */
export const openLarge: Benchmark = {
  name: 'open+map+close of a 1 GiB sparse file, no Buffer asked for',
  description: [
    'C: open, fstat, mmap, munmap, close. Ours: map(path), close(). Neither touches a byte.',
    'mmap-io always makes a Buffer, and reads one byte of it: shown for orientation, without a target.',
  ],
  figures: { nanoseconds: { title: 'time per operation', unit: 'ns' } },
  medium: 'memory',
  budgets: budgets(9, 25, 3, 3),
  trials: [
    cRival('C', 'open_map_close.c', (directory, effort) => [file(directory), count(effort), 'leave']),
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'open-map-close',
      args: (directory, effort) => [file(directory), count(effort), 'leave'],
    }),
    ...mmapIoNames.map((rival) =>
      nodeTrial({
        name: rival,
        role: 'rival',
        script: 'open-map-drop',
        args: (directory, effort) => [file(directory), rivalCount(effort), rival],
        rival,
      }),
    ),
  ],
  targets: [atMost(1.5, 'nanoseconds', 'C')],
  prepare: (directory) => {
    fs.writeFileSync(file(directory), '');
    fs.truncateSync(file(directory), 2 ** 30);
  },
};
