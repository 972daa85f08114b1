import path from 'node:path';
import { atMost, type Benchmark, budgets, byEffort, type Trial } from '../benchmark.js';
import { missingCrc32 } from '../facts/crc32.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';
import type { RivalName } from '../rivals/npm/rival.js';

/** Pages of the data: 64 MiB, or 8 MiB. */
const pages = byEffort(2 ** 14, 2 ** 11);
const commits = byEffort(60, 15);

function trial(name: string, role: Trial['role'], rival?: RivalName): Trial {
  return nodeTrial({
    name,
    role,
    script: 'commit-pages',
    args: (directory, effort) => [path.join(directory, name), name, String(pages(effort)), String(commits(effort))],
    environment: UNFORCED,
    rival,
  });
}

/** A commit with one flush. */
function checkedTrial(): Trial {
  const made = trial('mapdirect', 'ours');
  return { ...made, available: () => missingCrc32() ?? made.available() };
}

const rivals = ['lmdb', 'better-sqlite3', 'classic-level'] as const satisfies readonly RivalName[];

/** A transaction of a database over a mapping. */
export const commitPages: Benchmark = {
  name: 'durable commit of 75 scattered pages of 64 MiB, on a disk',
  quickSize: '8 MiB',
  description: [
    'mapdirect, a copy-on-write tree: store 75 pages at free places that lie close together, and a root with the checksum',
    'of them all; one persistRanges(). Two flushes: persistRanges() of pages anywhere, then persist() of a root without a',
    'checksum. The others: one transaction that replaces 75 values of 4,000 B at random keys: lmdb with a durable commit,',
    'sqlite with WAL and synchronous=FULL, classic-level as a batch with sync. Each checks all values of its last commit.',
  ],
  figures: { commit: { title: 'time per commit', unit: 'ns' }, mean: { title: 'mean, with checkpoints', unit: 'ns' } },
  medium: 'disk',
  budgets: budgets(7, 25, 3, 3),
  trials: [
    checkedTrial(),
    trial('mapdirect, two flushes', 'rival'),
    ...rivals.map((name) => trial(name, 'rival', name)),
  ],
  // Not the median of sqlite: its checkpoints are the other half of its work, and few commits have one.
  targets: [
    ...rivals.map((name) => atMost(1, 'mean', name, 'mean')),
    atMost(1, 'commit', 'lmdb'),
    atMost(1, 'commit', 'classic-level'),
  ],
  prepare: () => undefined,
  picture: {
    name: 'commit-pages',
    title: 'Durable commit of 75 scattered pages, on a disk',
    figures: ['commit', 'mean'],
  },
};
