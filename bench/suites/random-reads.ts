import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { atMost, type Benchmark, budgets, byEffort, type Effort, type Trial } from '../benchmark.js';
import { missingDrop } from '../facts/page-cache.js';
import { nodeTrial } from '../node-trial.js';
import { writeNumbered } from '../numbered-file.js';
import { trials as scripts } from '../paths.js';
import { resolveRival } from '../rivals/npm/rival.js';

const READ_SYNC = 'fs.readSync';
const LMDB = 'lmdb';
const sizes = [64, 4096];

/** Values of lmdb, of each size. Filling it with 4 GiB would take longer than all of the rest. */
const values = byEffort(2 ** 16, 2 ** 12);

type Cache = 'warm' | 'cold';
/** The cold one is smaller, because it has to be on the disk before the first read. */
const lengths: Readonly<Record<Cache, (effort: Effort) => number>> = {
  warm: byEffort(2 ** 32, 2 ** 26),
  cold: byEffort(2 ** 30, 2 ** 26),
};
const counts: Readonly<Record<Cache, (effort: Effort) => number>> = {
  warm: byEffort(200_000, 20_000),
  cold: byEffort(1000, 200),
};

const file = (directory: string): string => path.join(directory, 'numbered');
const database = (directory: string): string => path.join(directory, 'lmdb');

function trial(cache: Cache, name: string, role: Trial['role'], how: string): Trial {
  const end = (size: number, effort: Effort): number =>
    how === 'lmdb' ? values(effort) * size : lengths[cache](effort);
  const made = nodeTrial({
    name,
    role,
    script: 'random-reads',
    args: (directory, effort) => [
      file(directory),
      database(directory),
      how,
      cache,
      ...sizes.map((size) => [size, counts[cache](effort), end(size, effort)].join(':')),
    ],
    ...(how === 'lmdb' ? { rival: 'lmdb' } : {}),
  });
  return cache === 'warm' ? made : { ...made, available: () => missingDrop() ?? made.available() };
}

function prepare(cache: Cache, directory: string, effort: Effort): void {
  writeNumbered(file(directory), lengths[cache](effort), { onDisk: cache === 'cold' });
  if (resolveRival('lmdb') === undefined) return;
  for (const size of sizes) {
    const args = [`${database(directory)}-${size}`, String(size), String(values(effort))];
    execFileSync(process.execPath, [path.join(scripts, 'fill-lmdb.js'), ...args]);
  }
}

const figures = {
  64: { title: '64 B', unit: 'ns' },
  4096: { title: '4 KiB', unit: 'ns' },
} as const;

const common = [
  'Each contestant reads the same random places, and adds all words of each: a wrong byte ends the trial.',
  'lmdb has only 65,536 values of each size, which makes its reads faster.',
];

/** A lookup in a large file. */
export const randomReads: readonly Benchmark[] = [
  {
    name: 'random reads in a file of 4 GiB, in the page cache',
    quickSize: '64 MiB',
    description: [
      'mapdirect: in place, after populate(). First touch: the same without populate(), so most reads are page faults.',
      'Copied: Buffer.copy out of the mapping.',
      ...common,
    ],
    figures,
    medium: 'disk',
    budgets: budgets(7, 30, 3, 4),
    trials: [
      trial('warm', READ_SYNC, 'rival', 'readSync'),
      trial('warm', 'mapdirect', 'ours', 'view'),
      trial('warm', 'mapdirect, copied', 'rival', 'copied'),
      trial('warm', 'mapdirect, first touch', 'rival', 'untouched'),
      trial('warm', 'fs.promises', 'rival', 'promised'),
      trial('warm', LMDB, 'rival', 'lmdb'),
    ],
    targets: [
      ...sizes.map((size) => atMost(1, String(size), READ_SYNC, figures[size as 64].title)),
      ...sizes.map((size) => atMost(1, String(size), LMDB, figures[size as 64].title)),
    ],
    prepare: (directory, effort) => prepare('warm', directory, effort),
    picture: {
      name: 'random-reads',
      title: 'Random reads in a file of 4 GiB, in the page cache',
      figures: ['64', '4096'],
    },
  },
  {
    name: 'random reads in a file of 1 GiB, not in the page cache',
    quickSize: '64 MiB',
    description: [
      'The pages of the file are dropped before the reads of each size, by posix_fadvise(2) with POSIX_FADV_DONTNEED.',
      "The disk may have a cache of its own. mapdirect: advice 'random'. No advice: the kernel reads ahead. Prefetch:",
      "advise('willneed') for 32 ranges at a time.",
      ...common,
    ],
    figures,
    medium: 'disk',
    budgets: budgets(7, 25, 3, 4),
    trials: [
      trial('cold', READ_SYNC, 'rival', 'readSync'),
      trial('cold', 'mapdirect', 'ours', 'random'),
      trial('cold', 'mapdirect, no advice', 'rival', 'untouched'),
      trial('cold', 'mapdirect, prefetch', 'rival', 'prefetched'),
      trial('cold', 'fs.promises', 'rival', 'promised'),
      trial('cold', LMDB, 'rival', 'lmdb'),
    ],
    targets: sizes.map((size) => atMost(1, String(size), READ_SYNC, figures[size as 64].title)),
    prepare: (directory, effort) => prepare('cold', directory, effort),
  },
];
