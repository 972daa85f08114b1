import path from 'node:path';
import { atMost, type Benchmark, budgets, byEffort, type Medium, type Trial } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';
import { writeInPages } from '../paged-file.js';
import { RECORD } from '../record.js';
import { cRival } from '../rivals/c/rival.js';

const FDATASYNC = 'pwrite + fdatasync';
const FLIGHTS = [1, 8, 64];

const count = byEffort(640, 128);

/** Pages for the records, and for a tenth of them before as warm-up. */
const pages = (records: number): number => Math.ceil((2 * records * RECORD) / 4096);

const ways: readonly (readonly [name: string, role: Trial['role'], way: string])[] = [
  ['mapdirect', 'ours', 'persist'],
  ['mapdirect, write()', 'rival', 'write'],
  [FDATASYNC, 'rival', 'fdatasync'],
  ['O_DSYNC', 'rival', 'dsync'],
  ['mapdirect, persistAsync', 'ours', 'persistAsync'],
  ['fs.promises datasync', 'rival', 'datasync'],
];

/** The rivals in C: name, way. */
const cWays = [
  ['C, store and msync', 'msync'],
  ['C, pwritev2 with RWF_DSYNC', 'dsync'],
] as const;

const fileOf = (directory: string, way: string): string => path.join(directory, way);

function trials(): Trial[] {
  const files = ways.map(([name, role, way]) =>
    nodeTrial({
      name,
      role,
      script: 'append-ways',
      args: (directory, effort) => [fileOf(directory, way), way, String(count(effort)), ...FLIGHTS.map(String)],
      environment: UNFORCED,
    }),
  );
  const lmdb = nodeTrial({
    name: 'lmdb',
    role: 'rival',
    script: 'append-lmdb',
    args: (directory, effort) => [path.join(directory, 'lmdb'), String(count(effort)), 'write', 'single'],
    rival: 'lmdb',
  });
  const sqlite = nodeTrial({
    name: 'better-sqlite3',
    role: 'rival',
    script: 'append-sqlite',
    args: (directory, effort) => [path.join(directory, 'sqlite'), String(count(effort)), 'single'],
    rival: 'better-sqlite3',
  });
  const inC = cWays.map(([name, way]) =>
    cRival(name, 'append_ways.c', (directory, effort) => [fileOf(directory, `c-${way}`), way, String(count(effort))]),
  );
  return [...files, ...inC, lmdb, sqlite];
}

function benchmark(fileSystem: string, medium: Medium): Benchmark {
  return {
    name: `durable append of 256 B records, each way, on ${fileSystem}`,
    description: [
      'Time per record. One: a record is durable before the next one starts. mapdirect: store and persist(), or write().',
      'fs: fs.writeSync into a file with all its blocks, then fdatasync; or the file is open with O_DSYNC. In flight: so many',
      'records at a time wait for persistAsync(), or for write() and datasync() of a FileHandle. The files are compared. C',
      'writes the page that it has mapped: pwritev2 could spare write() the page fault, but the flush is all of the time.',
    ],
    figures: {
      single: { title: 'one', unit: 'ns' },
      ...Object.fromEntries(FLIGHTS.map((flight) => [`flight${flight}`, { title: `${flight} in flight`, unit: 'ns' }])),
    },
    medium,
    budgets: budgets(9, 28, 3, 3),
    trials: trials(),
    targets: [
      atMost(1.05, 'single', FDATASYNC, 'one'),
      ...FLIGHTS.map((flight) => atMost(1, `flight${flight}`, 'fs.promises datasync', `${flight} in flight`)),
    ],
    prepare: (directory, effort) => {
      const names = [...ways.map(([, , way]) => way), ...cWays.map(([, way]) => `c-${way}`)];
      for (const name of names) writeInPages(fileOf(directory, name), pages(count(effort)));
    },
    picture: {
      name: `append-${medium}`,
      title: `Durable append of 256 B records, on ${fileSystem}`,
      figures: ['single', ...FLIGHTS.map((flight) => `flight${flight}`)],
    },
  };
}

/** A log on a disk, in every way that a program may choose. */
export const appendWays: readonly Benchmark[] = [benchmark('ext4', 'disk'), benchmark('xfs', 'xfs')];
