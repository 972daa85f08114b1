import fs from 'node:fs';
import path from 'node:path';
import { atLeast, type Benchmark, budgets } from '../benchmark.js';
import { CACHE_LINE } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';
import { PMEM2, pmem2Rival } from '../rivals/c/pmem2.js';
import { RECORD } from '../record.js';

const COUNT = 64_000; // in groups of 64
const RIVAL_COUNT = 16_000;
const HEADER = 4096;
const SQLITE = 'better-sqlite3';
const LMDB = 'lmdb';

const file = (directory: string): string => path.join(directory, 'log');
const args = (directory: string): string[] => [file(directory), String(COUNT)];

const factors = { single: 15, ordered: 8, grouped: 60 } as const;
const figures = {
  single: { title: 'one persist', unit: 'ns' },
  ordered: { title: 'two ordered', unit: 'ns' },
  grouped: { title: '64 a persist', unit: 'ns' },
  singleCopy: { title: 'one write', unit: 'ns' },
  orderedCopy: { title: 'write, tail', unit: 'ns' },
  groupedCopy: { title: '64 a drain', unit: 'ns' },
} as const;
const judged = Object.keys(factors) as (keyof typeof factors)[];

/** A log, as in a database. */
export const appendMemory: Benchmark = {
  name: 'append of 256 B records, in memory',
  description: [
    'Time per record; each record has its number. Ours and libpmem2: (1) store and persist; (2) persist the record, then',
    'persist the 8 bytes with the end of the log; (3) one persist for 64 records. Below: the same with write() and pmem2',
    'memcpy. sqlite (WAL, synchronous=FULL, exclusive) and lmdb (no overlapping sync): one transaction per record.',
  ],
  figures,
  medium: 'memory',
  budgets: budgets(9, 25, 3, 3),
  trials: [
    pmem2Rival('append.c', args),
    nodeTrial({ name: 'mapdirect', role: 'ours', script: 'append', args, environment: CACHE_LINE }),
    nodeTrial({
      name: SQLITE,
      role: 'rival',
      script: 'append-sqlite',
      args: (directory) => [path.join(directory, 'sqlite'), String(RIVAL_COUNT), ...judged],
      rival: 'better-sqlite3',
    }),
    nodeTrial({
      name: LMDB,
      role: 'rival',
      script: 'append-lmdb',
      args: (directory) => [path.join(directory, 'lmdb'), String(RIVAL_COUNT), 'writemap', ...judged],
      rival: 'lmdb',
    }),
  ],
  targets: judged.flatMap((figure) => {
    const { title } = figures[figure];
    const databases = [SQLITE, LMDB].map((rival) => atLeast(factors[figure], figure, rival, title));
    return figure === 'single' ? [...databases, atLeast(0.9, figure, PMEM2, title)] : databases;
  }),
  prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(HEADER + COUNT * RECORD, 1)),
  picture: { name: 'append-memory', title: 'Append of 256 B records, in memory', figures: judged },
};
