import path from 'node:path';
import { atLeast, type Benchmark, budgets } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';
import { writeInPages } from '../paged-file.js';

const COUNT = 600;
const FDATASYNC = 'fs.write + fdatasync';
const LMDB = 'lmdb';

const mapped = (directory: string): string => path.join(directory, 'mapped');
const written = (directory: string): string => path.join(directory, 'written');
const FILE_PAGES = 64; // enough for the warm-up and COUNT records

/** A log on a disk: the cost of granularity `page` compared with write and fdatasync. */
export const appendDisk: Benchmark = {
  name: 'append of 256 B records, on a disk',
  description: [
    'Time per record; each record is on the disk before the next one starts. Ours: store and persist (msync).',
    'fs: writeSync and fdatasyncSync. Both files have all their blocks, written one page at a time.',
    'lmdb: one transaction per record.',
  ],
  figures: { nanoseconds: { title: 'time per record', unit: 'ns' } },
  medium: 'disk',
  budgets: budgets(11, 25, 3, 5),
  trials: [
    nodeTrial({
      name: FDATASYNC,
      role: 'rival',
      script: 'append-fdatasync',
      args: (directory) => [written(directory), String(COUNT)],
    }),
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'append-msync',
      args: (directory) => [mapped(directory), String(COUNT)],
      environment: UNFORCED,
    }),
    nodeTrial({
      name: LMDB,
      role: 'rival',
      script: 'append-lmdb',
      args: (directory) => [path.join(directory, 'lmdb'), String(COUNT), 'write', 'nanoseconds'],
      rival: 'lmdb',
    }),
  ],
  targets: [atLeast(0.95, 'nanoseconds', FDATASYNC), atLeast(2, 'nanoseconds', LMDB)],
  prepare: (directory) => {
    for (const file of [mapped(directory), written(directory)]) writeInPages(file, FILE_PAGES);
  },
};
