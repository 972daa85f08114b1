import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark } from '../benchmark.js';
import { cRival } from '../rivals/c/rival.js';
import { nodeTrial } from '../node-trial.js';
import { mmapIoNames } from '../rivals/npm/mmap-io.js';

const COUNT = '20000';
/** Fewer, because mmap-io makes a 1 GiB Buffer each time, and V8 collects garbage for each: milliseconds. */
const RIVAL_COUNT = '300';
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
  rounds: 9,
  trials: [
    cRival('C', 'open_map_close.c', (directory) => [file(directory), COUNT, 'leave']),
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'open-map-close',
      args: (directory) => [file(directory), COUNT, 'leave'],
    }),
    ...mmapIoNames.map((rival) =>
      nodeTrial({
        name: rival,
        role: 'rival',
        script: 'open-map-drop',
        args: (directory) => [file(directory), RIVAL_COUNT, rival],
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
