import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, budgets, byEffort } from '../benchmark.js';
import { cRival } from '../rivals/c/rival.js';
import { nodeTrial } from '../node-trial.js';
import { mmapIoNames } from '../rivals/npm/mmap-io.js';

const count = byEffort('20000', '2000');
const file = (directory: string): string => path.join(directory, 'small');

/** The cost of the whole life of a mapping that is used once. */
export const openSmall: Benchmark = {
  name: 'open+map+touch+close of a 4 KiB file',
  description: [
    'C: open, fstat, mmap, read one byte, munmap, close. Ours: map(path), buffer[0], close().',
    'C, covered: an anonymous placeholder in place of munmap, unmapped later, as close() must do while a view may be in use.',
    'mmap-io: fs.openSync, map, read one byte, drop the Buffer (it has no unmap), fs.closeSync.',
    'The event loop turns every 200 operations. Finalizers and garbage collection are part of the time.',
  ],
  figures: { nanoseconds: { title: 'time per operation', unit: 'ns' } },
  medium: 'memory',
  budgets: budgets(9, 25, 3, 3),
  trials: [
    cRival('C', 'open_map_close.c', (directory, effort) => [file(directory), count(effort), 'touch']),
    cRival('C, covered', 'open_map_close.c', (directory, effort) => [file(directory), count(effort), 'cover']),
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'open-map-close',
      args: (directory, effort) => [file(directory), count(effort), 'touch'],
    }),
    ...mmapIoNames.map((rival) =>
      nodeTrial({
        name: rival,
        role: 'rival',
        script: 'open-map-drop',
        args: (directory, effort) => [file(directory), count(effort), rival],
        rival,
      }),
    ),
  ],
  targets: [atMost(2.5, 'nanoseconds', 'C'), ...mmapIoNames.map((rival) => atMost(0.5, 'nanoseconds', rival))],
  prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(4096, 1)),
  picture: { name: 'open', title: 'Open, map, touch and close of a 4 KiB file', figures: ['nanoseconds'] },
};
